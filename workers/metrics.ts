import { Counter, Gauge, Histogram } from "prom-client";
import { statement } from "../server/platform/sql.ts";
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

new Gauge({
  name: "taskwire_worker_ready",
  help: "Messages that wait in the queue of a consumer (or job)",
  labelNames,
  async collect() {
    for (const { broker, options } of watched) {
      const names = [...options.consumers, ...options.jobs].map(({ name }) => name);
      await Promise.all(
        names.map(async (consumer) => {
          const depth = await broker.depth(consumer).catch(() => null);
          if (depth) this.set({ consumer }, depth.ready);
          else this.remove({ consumer });
        }),
      );
    }
  },
});
const dead = new Gauge({
  name: "taskwire_worker_dead",
  help: "Dead letters of a consumer (or job)",
  labelNames,
});
const held = new Gauge({
  name: "taskwire_worker_unfinished",
  help: "Jobs, and changes of a consumer, that were published or begun and are not done: running, or to be tried again",
  labelNames,
});
new Gauge({
  name: "taskwire_worker_oldest_seconds",
  help: "Age of the oldest change or job that a consumer (or job) has still to do; 0: nothing to do",
  labelNames,
  async collect() {
    for (const { app, options } of watched) {
      const found = await app.sql.query<Backlog>(backlogStatement).catch(() => null);
      if (!found) continue;
      const backlogs = new Map(found.map((backlog) => [backlog.name, backlog]));
      const unmet = new Map(
        await Promise.all(
          options.consumers.map(async ({ name, on, channels }) => {
            const values = [name, on.map(({ type }) => type), channels ?? null];
            const [row] = await app.sql.query<{ oldest: string | null }>(unmetStatement, values).catch(() => []);
            return [name, row?.oldest ?? null] as const;
          }),
        ),
      );
      for (const { name: consumer } of [...options.consumers, ...options.jobs]) {
        const backlog = backlogs.get(consumer);
        dead.set({ consumer }, backlog?.dead ?? 0);
        held.set({ consumer }, backlog?.held ?? 0);
        const ages = [backlog?.oldest, unmet.get(consumer)].map((at) => (at ? Date.now() - Date.parse(at) : 0));
        this.set({ consumer }, Math.max(0, ...ages) / 1_000);
      }
    }
  },
});
