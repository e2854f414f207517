import { access, constants, mkdir } from "node:fs/promises";
import { connect } from "amqplib";
import type { Command } from "commander";
import { Redis } from "ioredis";
import { Client } from "pg";
import { migrationNames } from "../db/orm.ts";
import { type Config, readConfig } from "../server/config.ts";
import { reasonOf } from "../server/lifecycle.ts";
import { openObjectStore } from "../server/platform/object-store.ts";
import { createTokens } from "../server/platform/tokens.ts";
import { migrationsOf } from "./backup/tables.ts";
import { openDatabase } from "./open.ts";

interface Finding {
  readonly state: "good" | "note" | "bad";
  readonly text: string;
  /** What to do about it. */
  readonly advice?: string;
}
type Findings = AsyncGenerator<Finding>;

const good = (text: string): Finding => ({ state: "good", text });
const note = (text: string, advice: string): Finding => ({ state: "note", text, advice });
const bad = (text: string, advice: string): Finding => ({ state: "bad", text, advice });
const marks = { good: "✓", note: "!", bad: "✗" };

/** `doctor`: ends with 1 when something must be mended. */
export function addTo(program: Command): void {
  program
    .command("doctor")
    .description("checks every setting and every service that it names, and says what to do")
    .action(async () => {
      let isWell = true;
      for await (const { state, text, advice } of examine()) {
        console.log(`${marks[state]} ${text}${advice ? `\n    ${advice}` : ""}`);
        if (state === "bad") isWell = false;
      }
      console.log(isWell ? "\nAll is well." : "\nSomething must be mended: see ✗.");
      if (!isWell) process.exitCode = 1;
    });
}

async function* examine(): Findings {
  let config: Config;
  try {
    config = readConfig();
  } catch (error) {
    yield bad(reasonOf(error), "See .env.example for what each setting may be.");
    return;
  }
  yield good(`settings: ${config.NODE_ENV}, roles ${config.ROLES.join(", ")}, reached at ${config.publicUrl}`);
  for (const check of [checkPlace, checkKeys, checkDatabase, checkRedis, checkRabbit, checkStore]) yield* check(config);
}

async function* checkPlace({ DATA_DIR, NODE_ENV, publicUrl, PUBLIC_URL }: Config): Findings {
  try {
    await mkdir(DATA_DIR, { recursive: true });
    await access(DATA_DIR, constants.W_OK);
    yield good(`DATA_DIR: ${DATA_DIR} can be written`);
  } catch (error) {
    yield bad(`DATA_DIR: ${reasonOf(error)}`, "Give the server's account the right to write there, or name another.");
  }
  if (NODE_ENV === "production" && PUBLIC_URL && !publicUrl.startsWith("https:"))
    yield note("PUBLIC_URL is not https", "Put a proxy with TLS in front; tokens and cookies travel in the clear.");
}

async function* checkKeys(config: Config): Findings {
  try {
    const { jwks } = await createTokens(config);
    yield good(`signing key: ${jwks.keys[0]?.kid}, ${jwks.keys.length - 1} previous ones accepted`);
  } catch (error) {
    yield bad(`signing key: ${reasonOf(error)}`, "`npx taskwire keys rotate` makes a good one.");
  }
}

async function* checkDatabase(config: Config): Findings {
  const opened = await openDatabase(config).catch((error: unknown) => reasonOf(error));
  if (typeof opened === "string") {
    yield bad(`database: ${opened}`, "Without DATABASE_URL the embedded one is started; its own words are above.");
    return;
  }
  const client = new Client({ connectionString: opened.url, connectionTimeoutMillis: 5_000 });
  client.on("error", () => {});
  try {
    await client.connect();
    yield* examineDatabase(client, config);
  } catch (error) {
    yield bad(`database: ${reasonOf(error)}`, "Is it running, and are host, name and password in DATABASE_URL right?");
  } finally {
    await client.end().catch(() => {});
    await opened.close();
  }
}

async function* examineDatabase(client: Client, config: Config): Findings {
  const { rows } = await client.query<{ number: number; version: string; connections: number; skew: number }>(
    `select current_setting('server_version_num')::int as number, current_setting('server_version') as version,
      current_setting('max_connections')::int as connections,
      abs(extract(epoch from clock_timestamp()) - $1::float8)::float8 as skew`,
    [Date.now() / 1_000],
  );
  const [{ number, version, connections, skew }] = rows as [(typeof rows)[number]];
  yield number >= 150_000
    ? good(`database: PostgreSQL ${version}`)
    : bad(`database: PostgreSQL ${version}`, "Taskwire needs 15 or newer.");
  if (connections < config.DATABASE_POOL_SIZE + 10)
    yield bad(
      `database: ${connections} connections for a pool of ${config.DATABASE_POOL_SIZE}`,
      "Raise max_connections, or lower DATABASE_POOL_SIZE; every process has a pool of its own.",
    );
  if (skew > 5)
    yield note(`database: its clock differs by ${Math.round(skew)} s`, "Let both machines keep time by NTP.");
  const ran = await migrationsOf(client).catch((): string[] => []);
  const missing = migrationNames.filter((name) => !ran.includes(name));
  const newer = ran.filter((name) => !migrationNames.includes(name));
  if (newer.length > 0) {
    yield bad(`schema: of a newer version (${newer.join(", ")})`, "Run the version that made it, or a newer one.");
  } else if (missing.length > 0) {
    yield note(`schema: ${missing.length} migrations to run`, "A start runs them, or `npx taskwire migrate`.");
  } else {
    yield good("schema: the newest");
    yield* examineFeed(client);
  }
}

/** The promise itself: no channel has a gap, and no head is behind its changes. */
async function* examineFeed(client: Client): Findings {
  const { rows } = await client.query<{ channel: string }>(
    `select h.channel from feed.heads h join lateral (
      select count(*) as held, max(seq) as last, min(seq) as first from feed.changes c where c.channel = h.channel
    ) c on true where h.seq <> coalesce(c.last, h.seq) or (c.held > 0 and c.last - c.first + 1 <> c.held) limit 5`,
  );
  yield rows.length === 0
    ? good("feed: every channel is whole")
    : bad(
        `feed: ${rows.map(({ channel }) => channel).join(", ")} have gaps`,
        "Something else wrote to the database. Restore a backup, or begin a new epoch: update feed.life.",
      );
  const letters = await client.query<{ count: number }>("select count(*)::int as count from feed.dead_letters");
  const count = letters.rows[0]?.count ?? 0;
  if (count > 0) yield note(`workers: ${count} dead letters`, "`npx taskwire dead-letters list` shows why.");
}

async function* checkRedis({ REDIS_URL }: Config): Findings {
  if (!REDIS_URL) return;
  const redis = new Redis(REDIS_URL, { lazyConnect: true, connectTimeout: 5_000, retryStrategy: () => null });
  redis.on("error", () => {});
  try {
    await redis.connect();
    await redis.ping();
    yield good("Redis answers");
  } catch (error) {
    yield bad(`Redis: ${reasonOf(error)}`, "Without it nodes hear of each other's changes up to a second late.");
  } finally {
    redis.disconnect();
  }
}

async function* checkRabbit({ AMQP_URL }: Config): Findings {
  if (!AMQP_URL) return;
  try {
    const connection = await connect(AMQP_URL, { timeout: 5_000 });
    const { version } = connection.connection.serverProperties;
    await connection.close();
    yield good(`RabbitMQ ${version} answers`);
  } catch (error) {
    yield bad(`RabbitMQ: ${reasonOf(error)}`, "Until it answers the workers do nothing; nothing is lost meanwhile.");
  }
}

async function* checkStore(config: Config): Findings {
  try {
    await openObjectStore(config).check();
    yield good(config.S3_ENDPOINT ? `files: ${config.S3_ENDPOINT}/${config.S3_BUCKET}` : "files: under DATA_DIR");
  } catch (error) {
    yield bad(`files: ${reasonOf(error)}`, "Are S3_ENDPOINT and its keys right, and may they make or use the bucket?");
  }
}
