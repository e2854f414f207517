import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { migrate } from "../../db/orm.ts";
import { startEmbeddedPostgres } from "../../server/platform/embedded-postgres.ts";
import type { Options } from "./options.ts";
import { type SignedInPerson, seedPeople, signTokens } from "./people.ts";
import { type Plan, type SeededProject, seedProjects } from "./projects.ts";
import { freePort, type ServerProcess, type ServerSettings, startServer } from "./server-process.ts";
import { type Dialect, dialects, type SideName, sideNames } from "./sides.ts";

/** One of the three servers, with a database of its own. */
export interface Side {
  readonly name: SideName;
  readonly dialect: Dialect;
  readonly settings: ServerSettings;
  /** Looks into the database; not the server's own pool. */
  readonly pool: pg.Pool;
  readonly people: readonly SignedInPerson[];
  readonly server: ServerProcess;
  restart(): Promise<void>;
  seed(plan: Plan): Promise<SeededProject[]>;
}

export interface Stack {
  readonly sides: readonly Side[];
  /** PostgreSQL's first process, parent of all others. */
  readonly databasePid: number;
  readonly dir: string;
  /** Another server of ours, with a database of its own and further settings. */
  openOurs(label: string, env: Readonly<Record<string, string>>): Promise<Side & { close(): Promise<void> }>;
  close(): Promise<void>;
}

const peopleCount = 1_000;

/** One durable PostgreSQL, a database for each side, and the three servers. */
export async function openStack(outputDir: string, options: Options): Promise<Stack> {
  mkdirSync(outputDir, { recursive: true });
  const dir = mkdtempSync(join(outputDir, "run-"));
  const dataDir = join(dir, "postgres");
  const postgres = await startEmbeddedPostgres({ dataDir });
  const closers: (() => Promise<unknown>)[] = [];
  let closing: Promise<void> | undefined;
  const closeAll = async () => {
    for (const closer of closers.reverse()) await closer();
    await postgres.stop();
    rmSync(dir, { recursive: true, force: true });
  };
  const close = () => {
    closing ??= closeAll(); // an interrupt, and the end that it brings about
    return closing;
  };
  try {
    const sides: Side[] = [];
    for (const name of sideNames) sides.push(await openSide(name, postgres.url, dir, options, closers));
    const databasePid = Number(readFileSync(join(dataDir, "cluster", "postmaster.pid"), "utf8").split("\n")[0]);
    return {
      sides,
      databasePid,
      dir,
      async openOurs(label, env) {
        const own: (() => Promise<unknown>)[] = [];
        const side = await openSide("ours", postgres.url, dir, options, own, { label, env });
        const closeOwn = async () => {
          for (const closer of own.splice(0).reverse()) await closer();
        };
        closers.push(closeOwn);
        return Object.defineProperties({ close: closeOwn }, Object.getOwnPropertyDescriptors(side)) as typeof side & {
          close(): Promise<void>;
        };
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openSide(
  name: SideName,
  postgresUrl: string,
  dir: string,
  options: Options,
  closers: (() => Promise<unknown>)[],
  { label, env }: { readonly label: string; readonly env: Readonly<Record<string, string>> } = { label: name, env: {} },
): Promise<Side> {
  const databaseUrl = await createDatabase(postgresUrl, `bench_${label}`);
  await migrate(databaseUrl);
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 2 });
  // A connection that is closing may still hear that PostgreSQL stops; nobody waits for it any more.
  pool.on("connect", (client) => client.on("error", () => {}));
  closers.push(() => pool.end());

  const port = await freePort();
  const { privateKey } = generateKeyPairSync("ed25519");
  const secrets = {
    JWT_PRIVATE_KEY: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    PUBLIC_URL: `http://127.0.0.1:${port}`,
  };
  const { organizationId, people } = await seedPeople(pool, peopleCount);
  const tokenEnv = { ...secrets, NODE_ENV: "production", DATABASE_URL: databaseUrl, ACCESS_TOKEN_SECONDS: "3600" };
  const profile = options.profileDir && name === "ours" ? ["--cpu-prof", `--cpu-prof-dir=${options.profileDir}`] : [];
  const settings: ServerSettings = {
    databaseUrl,
    port,
    dataDir: join(dir, label),
    logFile: join(dir, `${label}.log`),
    secrets,
    nodeFlags: profile,
    env,
  };
  let server = await startServer(name, settings);
  closers.push(() => server.stop());
  return {
    name,
    dialect: dialects[name],
    settings,
    pool,
    people: await signTokens(people, tokenEnv),
    get server() {
      return server;
    },
    async restart() {
      await server.stop();
      server = await startServer(name, settings);
    },
    async seed(plan) {
      const ids = people.map((person) => person.userId);
      const projects = await seedProjects(pool, organizationId, ids, name === "ours" ? "ours" : "twin", plan);
      await pool.query(
        "vacuum analyze tasks.tasks, tasks.task_assignees, tasks.task_labels, tasks.search, feed.heads, projects.projects, projects.statuses",
      );
      return projects;
    },
  };
}

/** A new database on the same server; whatever its name was, it is empty. */
export async function createDatabase(serverUrl: string, name: string): Promise<string> {
  const admin = new pg.Client(serverUrl);
  await admin.connect();
  await admin.query(`create database ${name}`);
  await admin.end();
  const url = new URL(serverUrl);
  url.pathname = name;
  return url.toString();
}
