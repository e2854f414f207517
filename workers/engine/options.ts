import type { Projection } from "../../server/domain/projection.ts";
import type { Consumer } from "../consumer.ts";
import type { JobHandler } from "../job.ts";
import type { Schedule } from "../schedule.ts";

/** What runs, and the paces of the machinery; tests set others. */
export interface WorkerOptions {
  readonly consumers: readonly Consumer[];
  readonly jobs: readonly JobHandler[];
  readonly schedules: readonly Schedule[];
  readonly projections: readonly Projection[];
  /** Names of consumers, jobs, schedules and projections to run; `email` is all of `email.…`; empty: all. */
  readonly only: readonly string[];
  /** Begins the names of exchanges, queues and the schema of the embedded ones. */
  readonly prefix: string;
  /** The net below the wake-up calls: how often the database is asked for what is due. */
  readonly sweepMs: number;
  /** How long what was published may stay unhandled before the reconciler looks after it; with a backlog, longer. */
  readonly reconcileAfterMs: number;
  readonly reconcileEveryMs: number;
  /** A relay that publishes for longer loses its channels to others. */
  readonly leaseMs: number;
  /** At the end, how long running attempts may take before they are handed back. */
  readonly drainMs: number;
  /** How long after its nth failed attempt something is tried again. */
  retryDelayMs(attempt: number): number;
}

const longestDelayMs = 15 * 60_000;

export const defaultOptions: Omit<WorkerOptions, "consumers" | "jobs" | "schedules"> = {
  only: [],
  projections: [],
  prefix: "taskwire",
  sweepMs: 1_000,
  reconcileAfterMs: 120_000,
  reconcileEveryMs: 30_000,
  leaseMs: 15_000,
  drainMs: 10_000,
  retryDelayMs: (attempt) => Math.min(1_000 * 2 ** (attempt - 1), longestDelayMs) * (0.8 + 0.4 * Math.random()),
};

/** Whether a name is among the wanted ones, or below one of them. */
export const isWanted = (name: string, only: readonly string[]): boolean =>
  only.length === 0 || only.some((wanted) => name === wanted || name.startsWith(`${wanted}.`));
