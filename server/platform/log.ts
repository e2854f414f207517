import { type DestinationStream, type Logger, pino } from "pino";
import type { Config } from "../config.ts";

/** What must not be read in a log, wherever a line carries it. */
const secrets = new Set(
  ["authorization", "cookie", "set-cookie", "x-csrf-token", "password", "token", "secret"].concat([
    "access",
    "refresh",
    "accessToken",
    "refreshToken",
    "csrfToken",
    "challenge",
    "codeVerifier",
    "recoveryCodes",
    "newPassword",
    "currentPassword",
  ]),
);

/** A line's fields without secrets, three levels deep. (pino's own `redact` takes a tenth of a call's time.) */
function withoutSecrets(fields: object, depth = 0): Record<string, unknown> {
  const shown: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) shown[key] = secrets.has(key) ? "[redacted]" : show(value, depth);
  return shown;
}

function show(value: unknown, depth: number): unknown {
  if (value === null || typeof value !== "object" || value instanceof Error || "toJSON" in value) return value;
  if (depth === 3) return "[…]";
  return Array.isArray(value) ? value.map((item) => show(item, depth + 1)) : withoutSecrets(value, depth + 1);
}

/**
 * The log: one JSON object a line, with `timestamp`, `level`, `service` and `message`. Lines are gathered for at most
 * half a second; errors are written at once.
 *
 * @param destination standard output, unless a test reads along
 */
export function createLog(config: Pick<Config, "LOG_LEVEL">, destination?: DestinationStream): Logger {
  const out = destination ?? pino.destination({ dest: 1, sync: false, minLength: 4096, periodicFlush: 500 });
  const log = pino(
    {
      level: config.LOG_LEVEL,
      base: null,
      messageKey: "message",
      timestamp: () => `,"timestamp":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label.toUpperCase() }), log: (fields) => withoutSecrets(fields) },
      mixin: () => ({ service: "taskwire" }),
      serializers: { err: describeError },
      hooks: {
        logMethod(args, method, level) {
          method.apply(this, args);
          if (level >= pino.levels.values["error"]!) this.flush();
        },
      },
    },
    out,
  );
  return log;
}

/** Name, message, stack and causes; not the other properties, where drivers keep the values of a statement. */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return { message: typeof error === "string" ? error : "not an Error was thrown" };
  const { code, constraint } = error as { code?: unknown; constraint?: unknown };
  return {
    type: error.name,
    message: error.message,
    ...(typeof code === "string" ? { code } : {}),
    ...(typeof constraint === "string" ? { constraint } : {}),
    stack: error.stack,
    ...(error.cause === undefined ? {} : { cause: describeError(error.cause) }),
  };
}
