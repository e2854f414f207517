import type { Pool } from "pg";
import { Counter, collectDefaultMetrics, Gauge, Histogram, register } from "prom-client";
import type { FeedHub } from "./feed-hub.ts";

/** Every metric of the process, as `/metrics` shows it. */
export const metrics = register;

const seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

const requests = new Histogram({
  name: "taskwire_http_request_duration_seconds",
  help: "HTTP requests by route (trpc, rest, other), method and status",
  labelNames: ["route", "method", "status"],
  buckets: seconds,
});
const procedures = new Histogram({
  name: "taskwire_procedure_duration_seconds",
  help: "Calls of procedures over tRPC and REST; status is ok or the error's code",
  labelNames: ["service", "procedure", "status"],
  buckets: seconds,
});
const changes = new Counter({
  name: "taskwire_feed_changes_total",
  help: "Changes that this process committed",
  labelNames: ["type"],
});

const cacheRequests = new Counter({
  name: "taskwire_cache_requests_total",
  help: "Reads that a cache was asked for, by cache; result is hit, miss, or unchanged (the caller held it)",
  labelNames: ["cache", "result"],
});

/** Finding a labelled child costs more than counting, so children are kept; labels come from closed sets. */
function childrenOf<Child>(make: (labels: readonly string[]) => Child): (...labels: string[]) => Child {
  const children = new Map<string, Child>();
  return (...labels) => {
    const key = labels.join("\n");
    let child = children.get(key);
    if (!child) {
      child = make(labels);
      children.set(key, child);
    }
    return child;
  };
}
const requestsOf = childrenOf((labels) => requests.labels(...labels));
const proceduresOf = childrenOf((labels) => procedures.labels(...labels));

export const observeRequest = (route: string, method: string, status: number, durationMs: number) =>
  requestsOf(route, method, String(status)).observe(durationMs / 1_000);

export const observeProcedure = (service: string, procedure: string, status: string, durationMs: number) =>
  proceduresOf(service, procedure, status).observe(durationMs / 1_000);

export const observeCache = (cache: string, result: "hit" | "miss" | "unchanged") =>
  cacheRequests.inc({ cache, result });

const pools = new Set<Pool>();
const watchedHubs = new WeakSet<FeedHub>();
let collectsDefaults = false;

new Gauge({
  name: "taskwire_database_pool",
  help: "Connections to PostgreSQL by state, and calls that wait for one",
  labelNames: ["state"],
  collect() {
    for (const pool of pools) if (pool.ended) pools.delete(pool);
    const sum = (count: (pool: Pool) => number) => [...pools].reduce((total, pool) => total + count(pool), 0);
    this.set(
      { state: "idle" },
      sum((pool) => pool.idleCount),
    );
    this.set(
      { state: "busy" },
      sum((pool) => pool.totalCount - pool.idleCount),
    );
    this.set(
      { state: "waiting" },
      sum((pool) => pool.waitingCount),
    );
  },
});

/** Starts to measure the process itself, a pool of connections, and the changes committed here. Safe to call again. */
export function watchProcess(pool: Pool, hub: FeedHub): void {
  if (!collectsDefaults) collectDefaultMetrics();
  collectsDefaults = true;
  pools.add(pool);
  if (watchedHubs.has(hub)) return;
  watchedHubs.add(hub);
  hub.subscribe((committed) => {
    for (const change of committed) changes.inc({ type: change.type });
  });
}
