import { z } from "zod";
import type { Outgoing } from "../../server/platform/broker.ts";
import { statement } from "../../server/platform/sql.ts";
import { repeat } from "./repeat.ts";
import type { Runtime } from "./runtime.ts";

const maxBatch = 200;

/** What a job's message says; the rest is in its row. `crashes`: attempts that ended with their process. */
export const jobMessage = z.object({ jobId: z.uuid(), crashes: z.int() });
export type JobMessage = z.output<typeof jobMessage>;

/** What a worker needs of a change's message; the relay's messages carry the whole change. */
export const changeMessage = z.object({ id: z.uuid(), channel: z.string(), seq: z.int(), entityId: z.uuid() });
export type ChangeMessage = z.output<typeof changeMessage>;

/* Until when what is published now must have been begun; else it is published again, less and less often. */
const again = "now() + make_interval(secs => $2::float8 / 1000) * 2 ^ least(publishes, 6)";
/* What was begun and is due again did not end: its process died. */
const taken = `due_at = ${again}, publishes = publishes + 1,
  crashes = crashes + (started_at is not null)::int, started_at = null`;

const dueJobsStatement = statement(
  "dispatch.jobs",
  `update feed.jobs j set ${taken}
  where id in (
    select id from feed.jobs where due_at <= now() and name = any($1::text[])
    order by due_at limit ${maxBatch} for update skip locked
  )
  returning id, name, crashes`,
);
const putBackJobsStatement = statement(
  "dispatch.put-back-jobs",
  `update feed.jobs set due_at = now(), publishes = publishes - 1
  where id = any($1::uuid[]) and started_at is null`,
);

const dueChangesStatement = statement(
  "dispatch.changes",
  `with due as (
    select consumer, entity_id, channel, seq from feed.inbox where due_at <= now() and consumer = any($1::text[])
    order by due_at, seq limit ${maxBatch} for update skip locked
  ), claimed as (
    update feed.inbox i set ${taken} from due d
    where i.consumer = d.consumer and i.entity_id = d.entity_id and i.channel = d.channel and i.seq = d.seq
    returning i.consumer, i.channel, i.seq
  )
  select k.consumer, c.id, c.channel, c.seq, c.entity_id as "entityId"
  from claimed k join feed.changes c using (channel, seq) order by c.channel, c.seq`,
);
const putBackChangesStatement = statement(
  "dispatch.put-back-changes",
  `update feed.inbox i set due_at = now(), publishes = publishes - 1
  from unnest($1::text[], $2::uuid[], $3::text[], $4::bigint[]) b (consumer, entity_id, channel, seq)
  where i.consumer = b.consumer and i.entity_id = b.entity_id and i.channel = b.channel and i.seq = b.seq
    and i.started_at is null and i.done_at is null`,
);

/**
 * Publishes what is due: new jobs, jobs and changes to be tried again, and those whose process died or whose message
 * was lost. The rows say when; the broker keeps no retries.
 */
export function startDispatch(runtime: Runtime): () => Promise<void> {
  const { app, options } = runtime;
  const jobs = repeat(app.log, "dispatch of jobs", options.sweepMs, async () => {
    while ((await dispatchJobs(runtime)) === maxBatch);
  });
  const changes = repeat(app.log, "dispatch of changes", options.sweepMs, async () => {
    while ((await dispatchChanges(runtime)) === maxBatch);
  });
  const ignoreJobs = app.wake.on("jobs", () => jobs.now());
  const ignoreChanges = app.wake.on("due-changes", () => changes.now());
  return async () => {
    ignoreJobs();
    ignoreChanges();
    await Promise.all([jobs.stop(), changes.stop()]);
  };
}

interface DueJob {
  id: string;
  name: string;
  crashes: number;
}

/** @returns how many were published, `maxBatch` when there may be more */
async function dispatchJobs({ outbox, broker, options }: Runtime): Promise<number> {
  const names = options.jobs.map(({ name }) => name);
  const due = await outbox.query<DueJob>(dueJobsStatement, [names, options.reconcileAfterMs]);
  if (due.length === 0) return 0;
  const messages = due.map(({ id, name, crashes }): Outgoing => {
    const body: JobMessage = { jobId: id, crashes };
    return { id, to: { queue: name }, body, mandatory: true };
  });
  const confirmed = await broker.publish(messages).catch(() => []);
  const stuck = due.filter((_, at) => !confirmed[at]);
  if (stuck.length === 0) return due.length;
  await outbox.query(putBackJobsStatement, [stuck.map(({ id }) => id)]);
  return 0; // not at once again
}

async function dispatchChanges({ outbox, broker, options }: Runtime): Promise<number> {
  const names = options.consumers.map(({ name }) => name);
  const due = await outbox.query<ChangeMessage & { consumer: string }>(dueChangesStatement, [
    names,
    options.reconcileAfterMs,
  ]);
  if (due.length === 0) return 0;
  const messages = due.map(
    ({ consumer, ...body }): Outgoing => ({ id: body.id, to: { queue: consumer }, body, mandatory: true }),
  );
  const confirmed = await broker.publish(messages).catch(() => []);
  const stuck = due.filter((_, at) => !confirmed[at]);
  if (stuck.length === 0) return due.length;
  await outbox.query(putBackChangesStatement, [
    stuck.map(({ consumer }) => consumer),
    stuck.map(({ entityId }) => entityId),
    stuck.map(({ channel }) => channel),
    stuck.map(({ seq }) => seq),
  ]);
  return 0;
}
