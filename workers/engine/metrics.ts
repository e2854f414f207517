import { Counter, Gauge, Histogram } from "prom-client";
import type { App } from "../../server/context.ts";
import { statement } from "../../server/platform/sql.ts";
import type { Consumer } from "../consumer.ts";
import type { Runtime } from "./runtime.ts";

const labelNames = ["consumer"] as const;

const durations = new Histogram({
  name: "taskwire_worker_attempt_duration_seconds",
  help: "Attempts by consumer (or job) and outcome: done, failed (tried again), dead",
  labelNames: ["consumer", "outcome"],
  buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
});
const attempts = new Histogram({
  name: "taskwire_worker_attempts",
  help: "How many attempts it took until something was done or given up",
  labelNames,
  buckets: [1, 2, 3, 5, 8, 13],
});
const waits = new Histogram({
  name: "taskwire_worker_lag_seconds",
  help: "From the change or the enqueuing to the end of its handling",
  labelNames,
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 3600],
});
const attemptsStarted = new Counter({
  name: "taskwire_worker_attempts_total",
  help: "Attempts by consumer (or job)",
  labelNames,
});
const inFlight = new Gauge({
  name: "taskwire_worker_in_flight",
  help: "Messages that this process holds, running or waiting for their turn",
  labelNames,
});

export function observeAttempt(consumer: string, outcome: string, durationMs: number, attempt: number, at: string) {
  attemptsStarted.inc({ consumer });
  durations.observe({ consumer, outcome }, durationMs / 1_000);
  if (outcome === "failed") return;
  attempts.observe({ consumer }, attempt);
  waits.observe({ consumer }, Math.max(0, Date.now() - Date.parse(at)) / 1_000);
}

export async function countInFlight<T>(consumer: string, work: () => Promise<T>): Promise<T> {
  inFlight.inc({ consumer });
  try {
    return await work();
  } finally {
    inFlight.dec({ consumer });
  }
}

const backlogStatement = statement(
  "metrics.backlog",
  `select name, sum(dead)::int as dead, sum(held)::int as held, min(oldest) as oldest from (
    select consumer as name, count(*) as dead, 0 as held, null::timestamptz as oldest from feed.dead_letters group by 1
    union all
    select name, 0, count(*), min(enqueued_at) from feed.jobs where due_at <= now() or publishes > 0 group by 1
    union all
    select i.consumer, 0, count(*), min(c.at) from feed.inbox i join feed.changes c using (channel, seq)
    where i.due_at is not null group by 1
  ) counted group by name`,
);
/* The oldest change that a consumer has not met yet, looked for where the reconciler has not been. */
const unmetStatement = statement(
  "metrics.unmet",
  `select min(c.at) as oldest from feed.changes c, feed.consumers k
  where k.name = $1 and c.at > k.reconciled_to and c.at >= k.began_at and c.type = any($2::text[])
    and ($3::text[] is null or split_part(c.channel, ':', 1) = any($3))
    and not exists (select from feed.inbox i
      where i.consumer = $1 and i.entity_id = c.entity_id and i.channel = c.channel and i.seq = c.seq)`,
);

interface Backlog {
  name: string;
  dead: number;
  held: number;
  oldest: string | null;
}

const watched = new Set<Runtime>();

/** Measures the queues from now on. @returns a function that ends it */
export function watchQueues(runtime: Runtime): () => void {
  watched.add(runtime);
  return () => void watched.delete(runtime);
}

/** Asked once a scrape, for all gauges together. */
let reading: { at: number; done: Promise<void> } | null = null;
function read(): Promise<void> {
  if (!reading || Date.now() - reading.at > reuseMs) reading = { at: Date.now(), done: readAll() };
  return reading.done;
}
const reuseMs = 500;

const ready = new Gauge({
  name: "taskwire_worker_ready",
  help: "Messages that wait in the queue of a consumer (or job)",
  labelNames,
  collect: read,
});
const dead = new Gauge({
  name: "taskwire_worker_dead",
  help: "Dead letters of a consumer (or job)",
  labelNames,
  collect: read,
});
const unfinished = new Gauge({
  name: "taskwire_worker_unfinished",
  help: "Jobs, and changes of a consumer, that were published or begun and are not done: running, or to be tried again",
  labelNames,
  collect: read,
});
const oldest = new Gauge({
  name: "taskwire_worker_oldest_seconds",
  help: "Age of the oldest change or job that a consumer (or job) has still to do; 0: nothing to do",
  labelNames,
  collect: read,
});

/** What cannot be asked now keeps no value: better none than an old one. */
async function readAll(): Promise<void> {
  for (const gauge of [ready, dead, unfinished, oldest]) gauge.reset();
  await Promise.all([...watched].map((runtime) => readQueues(runtime).catch(() => {})));
}

async function readQueues({ app, broker, options }: Runtime): Promise<void> {
  const [found, unmet] = await Promise.all([
    app.sql.query<Backlog>(backlogStatement),
    Promise.all(options.consumers.map((consumer) => findUnmet(app, consumer))),
  ]);
  const backlogs = new Map(found.map((backlog) => [backlog.name, backlog]));
  for (const [at, { name: consumer }] of [...options.consumers, ...options.jobs].entries()) {
    const backlog = backlogs.get(consumer);
    dead.set({ consumer }, backlog?.dead ?? 0);
    unfinished.set({ consumer }, backlog?.held ?? 0);
    const ages = [backlog?.oldest, unmet[at]].map((since) => (since ? Date.now() - Date.parse(since) : 0));
    oldest.set({ consumer }, Math.max(0, ...ages) / 1_000);
    const depth = await broker.depth(consumer).catch(() => null);
    if (depth) ready.set({ consumer }, depth.ready);
  }
}

async function findUnmet(app: App, { name, on, channels }: Consumer): Promise<string | null> {
  const values = [name, on.map(({ type }) => type), channels ?? null];
  const [row] = await app.sql.query<{ oldest: string | null }>(unmetStatement, values);
  return row?.oldest ?? null;
}
