import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { openSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { v7 } from "uuid";
import { migrate } from "../../db/orm.ts";
import type { Channel, StoredChange } from "../../server/platform/feed.ts";
import { type Sql, sqlOn } from "../../server/platform/sql.ts";
import { generateHistory, writeHistory } from "../../server/testing/history.ts";
import { pinned, serverCore } from "../harness/machine.ts";
import type { Options } from "../harness/options.ts";
import type { Pair, PairRow, Work } from "../harness/pair.ts";
import { createDatabase, type Stack } from "../harness/stack.ts";

const projects = 10;
const patienceMs = 300_000;

/** Changes that are in the feed, from there into the facts that figures are made of. */
export function aggregationRows(options: Options): PairRow[] {
  const tasks = options.quick ? 150 : 1_500;
  return [
    {
      group: "aggregation",
      title: `aggregation of ${projects} projects with ${tasks.toLocaleString("en")} tasks each, one worker core, beside reading the feed`,
      unit: "changes",
      enter: (stack) => enter(stack, tasks),
    },
  ];
}

async function enter(stack: Stack, tasks: number): Promise<Pair> {
  const databaseUrl = await createDatabase(stack.sides[0]!.settings.databaseUrl, "bench_aggregation");
  await migrate(databaseUrl);
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 });
  pool.on("connect", (client) => client.on("error", () => {}));
  const sql = sqlOn(pool);
  const histories = await fillFeed(sql, tasks);
  const child = await startReader(stack, databaseUrl);
  const total = histories.reduce((sum, history) => sum + history.length, 0);
  const wrong: string[] = [];

  async function tell(task: "ours" | "bare" | "rebuild"): Promise<Work> {
    child.send(task);
    const [work] = (await once(child, "message", { signal: AbortSignal.timeout(patienceMs) })) as [Work];
    if (work.amount !== total) wrong.push(`${task} read ${work.amount} of ${total} changes`);
    return work;
  }
  return {
    async ours() {
      await forget(sql);
      return tell("ours");
    },
    bare: () => tell("bare"),
    async check() {
      for (const history of histories) wrong.push(...(await miscounted(sql, history)));
      const kept = await digest(sql);
      await tell("rebuild");
      if ((await digest(sql)) !== kept) wrong.push("rebuilt from the feed, it is not the same");
      return wrong.slice(0, 5);
    },
    async close() {
      const ended = once(child, "exit");
      child.send("end");
      await ended;
      await pool.end();
    },
  };
}

async function fillFeed(sql: Sql, tasks: number): Promise<StoredChange[][]> {
  const people = Array.from({ length: 20 }, () => v7());
  const [organizationId, since] = [v7(), new Date("2025-01-01T00:00:00Z")];
  const histories = Array.from({ length: projects }, (_, at) =>
    generateHistory({ seed: 1 + at, organizationId, projectId: v7(), tasks, days: 365, since, people }),
  );
  for (const history of histories) await writeHistory(sql, history[0]!.channel, history);
  await sql.query("vacuum analyze feed.changes, feed.heads");
  return histories;
}

async function startReader(stack: Stack, databaseUrl: string): Promise<ChildProcess> {
  const [file, args] = pinned(serverCore, process.execPath, ["bench/harness/projection-process.ts"]);
  const log = openSync(join(stack.dir, "projection.log"), "a");
  const child = spawn(file, args, {
    env: {
      PATH: process.env["PATH"] ?? "",
      NODE_ENV: "test",
      LOG_LEVEL: "warn",
      DATA_DIR: join(stack.dir, "projection"),
      DATABASE_URL: databaseUrl,
    },
    stdio: ["ignore", log, log, "ipc"],
  });
  const [first] = await Promise.race([once(child, "message"), once(child, "exit")]);
  if (first !== "ready") throw new Error(`The projection's process ended with ${first}; its log says why`);
  return child;
}

const kept = ["statuses", "sprints", "tasks", "spans", "project_figures", "project_days"].map(
  (table) => `analytics.${table}`,
);

/** So that all is read from the first change again. */
async function forget(sql: Sql): Promise<void> {
  await sql.query(`truncate ${kept.join(", ")}, feed.projections`);
  await sql.query("delete from feed.changes where channel like 'dashboard:%'");
  await sql.query("delete from feed.heads where channel like 'dashboard:%'");
  await sql.query("vacuum analyze feed.changes, feed.heads");
}

async function digest(sql: Sql): Promise<string> {
  const hashes = kept.map(
    (table) => `(select md5(string_agg(t::text, ' ' order by t::text collate "C")) from ${table} t)`,
  );
  const [row] = await sql.query<{ digest: string }>(`select concat_ws(' ', ${hashes.join(", ")}) as digest`);
  return row!.digest;
}

/** Tasks by category as a reader counts them who goes through the whole history once and knows nothing of spans. */
function countOf(history: readonly StoredChange[]): Record<string, number> {
  const [statuses, tasks] = [new Map<string, Record<string, unknown>>(), new Map<string, Record<string, unknown>>()];
  for (const { entity, op, entityId, patch } of history) {
    const known = entity === "status" ? statuses : tasks;
    if (op === "delete") known.delete(entityId);
    else known.set(entityId, { ...(op === "update" ? known.get(entityId) : {}), ...patch });
  }
  const counts: Record<string, number> = { backlog: 0, todo: 0, in_progress: 0, done: 0, cancelled: 0 };
  for (const task of tasks.values()) {
    const category = statuses.get(task["statusId"] as string)?.["category"] as string;
    if (task["archivedAt"] === null || category === "done" || category === "cancelled")
      counts[category] = (counts[category] ?? 0) + 1;
  }
  return counts;
}

async function miscounted(sql: Sql, history: readonly StoredChange[]): Promise<string[]> {
  const channel = history[0]!.channel satisfies Channel;
  const [found] = await sql.query<{ seq: number; tasks: Record<string, number> }>(
    `select k.seq, f.tasks from feed.projections k join analytics.project_figures f on f.id = split_part(k.channel, ':', 2)::uuid
    where k.channel = $1`,
    [channel],
  );
  const wrong = found?.seq === history.length ? [] : [`${channel} was read up to ${found?.seq} of ${history.length}`];
  for (const [category, count] of Object.entries(countOf(history)))
    if (found?.tasks[category] !== count)
      wrong.push(`${channel} has ${found?.tasks[category]} tasks in ${category} instead of ${count}`);
  return wrong;
}
