import type { z } from "zod";
import type { PublicCtx } from "../server/context.ts";
import type { JobDeclaration } from "../server/platform/jobs.ts";

export const defaultJobPrefetch = 4;

/** What a job's handler knows about its run. */
export interface JobMeta {
  readonly jobId: string;
  /** 1 for the first. */
  readonly attempt: number;
  readonly enqueuedAt: string;
  /** Aborted when the attempt takes too long or the process ends. */
  readonly signal: AbortSignal;
  /** Called inside a transaction of the handler: the job is done if, and only if, that commits. */
  finish(ctx: PublicCtx): void;
}

/** The one handler of a job. */
export interface JobHandler {
  readonly name: string;
  readonly input: z.ZodType;
  readonly maxAttempts: number;
  readonly timeoutMs: number;
  /** Jobs done at the same time, per process; default 4. */
  readonly prefetch?: number;
  handle(ctx: PublicCtx, input: unknown, meta: JobMeta): Promise<void>;
}

/**
 * Handles a declared job. Outside a transaction: it may talk to the world, and may be run again after it did, so it
 * must be safe to repeat.
 */
export function handleJob<Schema extends z.ZodType>(
  { name, input }: JobDeclaration<Schema>,
  how: Omit<JobHandler, "name" | "input" | "handle"> & {
    handle(ctx: PublicCtx, input: z.output<Schema>, meta: JobMeta): Promise<void>;
  },
): JobHandler {
  return { ...how, name, input } as JobHandler;
}
