// `npm run dead-letters -- list | show | replay | drop`: what the workers gave up, on the database that the settings name.
import { join } from "node:path";
import { Client } from "pg";
import { readConfig } from "../server/config.ts";
import { runningPostgresUrl, startEmbeddedPostgres } from "../server/platform/embedded-postgres.ts";
import { type Sql, sqlOn } from "../server/platform/sql.ts";
import {
  type Chosen,
  type DeadLetter,
  dropDeadLetters,
  findDeadLetters,
  listDeadLetters,
  replayDeadLetters,
} from "../workers/engine/dead-letters.ts";

const usage = `Usage: npm run dead-letters -- <command>

  list [consumer or job]           the latest 100, with their reasons
  show <id>                        everything about one: reason, stack, and what it carried
  replay <id | consumer | all>     tries again, with all attempts; the running workers take it up within a second
  drop <id | consumer | all>       forgets for good
`;
const listed = 100;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

async function run(sql: Sql, command: string | undefined, what: string | undefined): Promise<string> {
  if (command === "list") return table(await listDeadLetters(sql, what ?? null, listed));
  if (command === "show" && what && uuid.test(what)) return details(await findDeadLetters(sql, what));
  if (command === "replay" && what) return `${await replayDeadLetters(sql, choose(what))} to be tried again`;
  if (command === "drop" && what) return `${await dropDeadLetters(sql, choose(what))} dropped`;
  process.exitCode = 2;
  return usage;
}

function choose(what: string): Chosen {
  if (what === "all") return {};
  return uuid.test(what) ? { id: what } : { consumer: what };
}

function table(letters: readonly DeadLetter[]): string {
  if (letters.length === 0) return "There are no dead letters.";
  const width = Math.max(...letters.map(({ consumer }) => consumer.length));
  return letters
    .map(({ id, consumer, diedAt, attempts, reason }) => {
      const [line = ""] = reason.split("\n");
      return `${diedAt}  ${consumer.padEnd(width)}  ${id}  ${attempts}×  ${line.slice(0, 100)}`;
    })
    .join("\n");
}

function details(letters: readonly DeadLetter[]): string {
  if (letters.length === 0) return "There is no such dead letter.";
  return letters
    .map(({ id, consumer, kind, diedAt, attempts, reason, stack, body }) =>
      [
        `${kind} ${id} of ${consumer}`,
        `given up ${diedAt} after ${attempts} ${attempts === 1 ? "attempt" : "attempts"}`,
        stack ?? reason,
        JSON.stringify(body, null, 2),
      ].join("\n"),
    )
    .join("\n\n");
}

/** The database of the settings; the embedded one also while a server is using it. */
async function openDatabase(): Promise<{ url: string; close(): Promise<void> }> {
  const { DATABASE_URL, DATA_DIR } = readConfig();
  if (DATABASE_URL) return { url: DATABASE_URL, close: async () => {} };
  const dataDir = join(DATA_DIR, "postgres");
  try {
    const postgres = await startEmbeddedPostgres({ dataDir });
    return { url: postgres.url, close: () => postgres.stop() };
  } catch (error) {
    if ((error as { code?: unknown }).code !== "in-use") throw error;
    return { url: runningPostgresUrl(dataDir), close: async () => {} };
  }
}

const database = await openDatabase();
const client = new Client(database.url);
try {
  await client.connect();
  console.log(await run(sqlOn(client), process.argv[2], process.argv[3]));
} finally {
  await client.end();
  await database.close();
}
