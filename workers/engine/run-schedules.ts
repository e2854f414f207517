import { v7 } from "uuid";
import { statement } from "../../server/platform/sql.ts";
import { inTransaction, write } from "../../server/transaction.ts";
import { nextRun, type Schedule } from "../schedule.ts";
import { repeat } from "./repeat.ts";
import { type Runtime, systemContext } from "./runtime.ts";

const setStatement = statement(
  "schedules.set",
  `insert into feed.schedules as s (name, cron, time_zone, next_at) values ($1, $2, $3, $4)
  on conflict (name) do update set cron = excluded.cron, time_zone = excluded.time_zone, next_at = excluded.next_at
  where (s.cron, s.time_zone) <> (excluded.cron, excluded.time_zone)`,
);
const dueStatement = statement(
  "schedules.due",
  `select name, next_at as "nextAt" from feed.schedules where next_at <= $2 and name = any($1::text[])
  for update skip locked`,
);
const nextStatement = statement("schedules.next", "update feed.schedules set next_at = $2 where name = $1");
/* One that still waits is not joined by a second. */
const enqueueStatement = statement(
  "schedules.enqueue",
  `insert into feed.jobs (id, name, input, key, due_at) values ($1, $2, $3, $2, now())
  on conflict (name, key) where key is not null do nothing`,
);

/** Turns schedules into jobs when they are due: by whichever node is first, and once however long nobody looked. */
export function startSchedules(runtime: Runtime): () => Promise<void> {
  const { app, options } = runtime;
  let isSet = false;
  const turns = repeat(app.log, "schedules", options.sweepMs, async () => {
    if (!isSet) await setSchedules(runtime);
    isSet = true;
    await enqueueDue(runtime);
  });
  return () => turns.stop();
}

/** A pattern that was changed counts from now on; an unchanged one keeps its next run, also one missed meanwhile. */
async function setSchedules({ app, options }: Runtime): Promise<void> {
  const now = new Date();
  for (const { name, cron, timeZone } of options.schedules) {
    await app.sql.query(setStatement, [name, cron, timeZone, nextRun({ cron, timeZone }, now)]);
  }
}

async function enqueueDue({ app, options }: Runtime): Promise<void> {
  if (options.schedules.length === 0) return;
  const schedules = new Map(options.schedules.map((schedule) => [schedule.name, schedule]));
  await inTransaction(systemContext(app, "schedules", "schedules"), async (ctx) => {
    const due = await ctx.sql.query<{ name: string; nextAt: string }>(dueStatement, [[...schedules.keys()], ctx.now]);
    for (const { name, nextAt } of due) {
      write(ctx, nextStatement, [name, nextRun(schedules.get(name) as Schedule, ctx.now)]);
      write(ctx, enqueueStatement, [v7(), name, JSON.stringify({ dueAt: nextAt })]);
    }
    if (due.length > 0) ctx.transaction?.afterCommit.push(() => app.wake.signal("jobs"));
  });
}
