import { existsSync } from "node:fs";
import { z } from "zod";
import { mailSettings } from "./mail-settings.ts";
import { signInProblems, signInSettings } from "./sign-in-settings.ts";

const flag = z.enum(["true", "false"]).transform((text) => text === "true");
const list = z.string().transform((text) =>
  text
    .split(",")
    .map((item) => item.trim())
    .filter(Boolean),
);

/** Every setting of the server. `.env.example` carries the same names with the same defaults; a test compares them. */
export const settings = z.object({
  NODE_ENV: z
    .enum(["development", "test", "production"])
    .default("development")
    .describe("production refuses to start without its secrets"),
  PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65_535)
    .default(4000)
    .describe("one port for HTTP, tRPC, REST and Socket.IO"),
  HOST: z.string().default("0.0.0.0").describe("the address to listen on"),
  PUBLIC_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe("where people reach this server; default http://localhost:PORT"),
  ROLES: list
    .pipe(z.array(z.enum(["api", "realtime", "workers"])).min(1))
    .default(["api", "realtime", "workers"])
    .describe("what this process does"),
  WORKERS: list
    .default([])
    .describe("with the role workers: only consumers, jobs and schedules of these names (`email` is all of `email.…`)"),
  DATA_DIR: z.string().default(".data").describe("where embedded services keep their data and secrets"),
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/ })
    .optional()
    .describe("PostgreSQL 15 or newer; absent: an embedded PostgreSQL 18 under DATA_DIR"),
  DATABASE_REPLICA_URLS: list
    .pipe(z.array(z.url({ protocol: /^postgres(ql)?$/ })))
    .default([])
    .describe(
      "copies that figures are read from, comma separated, while they are at most 5 s behind; else the primary is",
    ),
  DATABASE_POOL_SIZE: z.coerce.number().int().min(6).max(500).default(20).describe("connections per process"),
  REDIS_URL: z
    .url({ protocol: /^rediss?$/ })
    .optional()
    .describe("live fan-out over several nodes, shared limits and caches; absent: in process"),
  SNAPSHOT_CACHE_MIB: z.coerce
    .number()
    .int()
    .min(0)
    .max(16_384)
    .default(64)
    .describe("memory per process for snapshots of projects and organizations; 0: none is kept"),
  AMQP_URL: z
    .url({ protocol: /^amqps?$/ })
    .optional()
    .describe("RabbitMQ between the API and the workers; absent: queues in the database"),
  S3_ENDPOINT: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe("MinIO or any S3 for files; absent: a directory under DATA_DIR"),
  S3_PUBLIC_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe("where browsers, which upload to it straight, reach the same store; default S3_ENDPOINT"),
  S3_ACCESS_KEY: z.string().optional().describe("needed with S3_ENDPOINT"),
  S3_SECRET_KEY: z.string().optional().describe("needed with S3_ENDPOINT"),
  S3_BUCKET: z.string().min(3).max(63).default("taskwire").describe("made at the first use if it is missing"),
  S3_REGION: z.string().default("us-east-1").describe("of the bucket"),
  FILE_SIZE_LIMIT_MIB: z.coerce.number().int().min(1).max(1_048_576).default(2048).describe("largest file"),
  ORGANIZATION_QUOTA_GIB: z.coerce
    .number()
    .int()
    .min(1)
    .max(1_048_576)
    .default(50)
    .describe("what all files of an organization may take together, old versions included"),
  CLAMD_URL: z
    .url({ protocol: /^tcp$/ })
    .optional()
    .describe("ClamAV's daemon; files are locked until it has found nothing in them; absent: they are not scanned"),
  DRAIN_SECONDS: z.coerce
    .number()
    .int()
    .min(0)
    .max(120)
    .optional()
    .describe(
      "how long a stopping node goes on serving while balancers and sockets leave it; default 5 in production, else 0",
    ),
  ...mailSettings,
  CORS_ORIGINS: list
    .default([])
    .describe("browser origins that may call, comma separated; in development every localhost origin may"),
  TRUST_PROXY: z.coerce
    .number()
    .int()
    .min(0)
    .max(10)
    .default(0)
    .describe("how many proxies in front set X-Forwarded-For"),
  JWT_PRIVATE_KEY: z
    .string()
    .optional()
    .describe("Ed25519 private key, PKCS #8 PEM (\\n for line ends); absent outside production: made at first start"),
  JWT_PREVIOUS_PUBLIC_KEYS: list.default([]).describe("base64 SPKI keys that are still accepted after a rotation"),
  ACCESS_TOKEN_SECONDS: z.coerce.number().int().min(30).max(3600).default(600).describe("life of an access token"),
  SESSION_DAYS: z.coerce.number().int().min(1).max(365).default(30).describe("life of a session that is not used"),
  REFRESH_GRACE_SECONDS: z.coerce
    .number()
    .int()
    .min(0)
    .max(60)
    .default(10)
    .describe("how long a rotated refresh token answers the same new pair"),
  AUDIT_RETENTION_DAYS: z.coerce
    .number()
    .int()
    .min(90)
    .optional()
    .describe("older entries of the audit log are removed; absent: they are kept for ever"),
  NOTIFICATION_GATHER_SECONDS: z.coerce
    .number()
    .int()
    .min(0)
    .max(3600)
    .default(120)
    .describe("how long more of the same joins an unread notification; its mail waits that long"),
  ...signInSettings,
  SEED_DEMO: flag
    .optional()
    .describe("seed the demo organization into an empty database; default true outside production"),
  LOG_LEVEL: z
    .enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"])
    .default("info")
    .describe("least severe level written"),
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe("OpenTelemetry collector that gets traces, by OTLP over HTTP; absent: nothing is traced"),
  OTEL_TRACES_SAMPLE_RATIO: z.coerce
    .number()
    .min(0)
    .max(1)
    .default(1)
    .describe("share of the requests that are traced, unless the caller's trace decides"),
  BODY_LIMIT_KIB: z.coerce.number().int().min(16).max(16_384).default(1024).describe("largest JSON body"),
  RATE_LIMIT_PER_MINUTE: z.coerce
    .number()
    .int()
    .min(10)
    .default(6000)
    .describe("calls per person (or address, signed out) and minute"),
  AUTH_LIMIT_PER_MINUTE: z.coerce
    .number()
    .int()
    .min(1)
    .default(10)
    .describe("failed sign-ins per account, and registrations per address, in a minute"),
});

export type Config = Readonly<z.output<typeof settings>> & { readonly publicUrl: string };

/** What production cannot do without: a default would be a published secret, or lose data with the container. */
const requiredInProduction = ["DATABASE_URL", "JWT_PRIVATE_KEY", "PUBLIC_URL"] as const;

/** Settings that make sense only together. */
const neededBy: Readonly<Record<string, readonly string[]>> = {
  S3_ENDPOINT: ["S3_ACCESS_KEY", "S3_SECRET_KEY"],
  SMTP_URL: ["MAIL_FROM"],
  MAIL_REPLY_DOMAIN: ["MAIL_INBOUND_SECRET"],
  VAPID_PUBLIC_KEY: ["VAPID_PRIVATE_KEY", "VAPID_SUBJECT"],
  VAPID_PRIVATE_KEY: ["VAPID_PUBLIC_KEY"],
};

/** The variables of the process, and those of `.env` that it does not have. */
function environment(): Record<string, string | undefined> {
  if (process.env["NODE_ENV"] !== "test" && existsSync(".env")) process.loadEnvFile(".env");
  return process.env;
}

/**
 * Reads the environment; the only reader of `process.env`.
 *
 * @throws Error that names every wrong or missing setting, one a line
 */
export function readConfig(env: Record<string, string | undefined> = environment()): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ""));
  const parsed = settings.safeParse(given);
  const problems = parsed.success
    ? []
    : parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
  for (const [setting, needed] of Object.entries(neededBy)) {
    if (given[setting]) for (const name of needed) if (!given[name]) problems.push(`${name}: required with ${setting}`);
  }
  if (given["NODE_ENV"] === "production") {
    for (const name of requiredInProduction) if (!given[name]) problems.push(`${name}: required in production`);
  }
  if (parsed.success) problems.push(...signInProblems(parsed.data));
  if (!parsed.success || problems.length > 0)
    throw new Error(`The configuration is incomplete:\n  ${problems.join("\n  ")}`);
  return {
    ...parsed.data,
    publicUrl: (parsed.data.PUBLIC_URL ?? `http://localhost:${parsed.data.PORT}`).replace(/\/$/, ""),
  };
}
