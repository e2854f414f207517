import { type Command, InvalidArgumentError } from "commander";
import { Client } from "pg";
import { type Sql, sqlOn } from "../server/platform/sql.ts";
import {
  type Chosen,
  type DeadLetter,
  dropDeadLetters,
  findDeadLetters,
  listDeadLetters,
  replayDeadLetters,
} from "../workers/engine/dead-letters.ts";
import { withDatabase } from "./open.ts";

const listed = 100;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** `dead-letters list | show | replay | drop`: what the workers gave up. */
export function addTo(program: Command): void {
  const command = program.command("dead-letters").description("what the workers gave up");
  const which = "an id, the name of a consumer or job, or `all`";
  command
    .command("list [consumer]")
    .description(`the latest ${listed}, with their reasons`)
    .action((consumer: string | undefined) =>
      print(async (sql) => table(await listDeadLetters(sql, consumer ?? null, listed))),
    );
  command
    .command("show")
    .argument("<id>", "of a dead letter", requireId)
    .description("everything about one: reason, stack, and what it carried")
    .action((id: string) => print(async (sql) => details(await findDeadLetters(sql, id))));
  command
    .command("replay")
    .argument("<which>", which)
    .description("tries again, with all attempts; the running workers take it up within a second")
    .action((what: string) => print(async (sql) => `${await replayDeadLetters(sql, choose(what))} to be tried again`));
  command
    .command("drop")
    .argument("<which>", which)
    .description("forgets for good")
    .action((what: string) => print(async (sql) => `${await dropDeadLetters(sql, choose(what))} dropped`));
}

async function print(answer: (sql: Sql) => Promise<string>): Promise<void> {
  await withDatabase(async (url) => {
    const client = new Client(url);
    await client.connect();
    try {
      console.log(await answer(sqlOn(client)));
    } finally {
      await client.end();
    }
  });
}

function requireId(what: string): string {
  if (!uuid.test(what)) throw new InvalidArgumentError("It is no id.");
  return what;
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
