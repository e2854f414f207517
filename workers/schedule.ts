import { Cron } from "croner";
import { z } from "zod";
import type { PublicCtx } from "../server/context.ts";
import { declareJob } from "../server/platform/jobs.ts";
import { handleJob, type JobHandler, type JobMeta } from "./job.ts";

/** Something done at certain times: once, whatever the number of nodes, and once after a downtime that missed some. */
export interface Schedule {
  /** Also the name of the job it becomes. */
  readonly name: string;
  /** Five fields: minute, hour, day, month, weekday. */
  readonly cron: string;
  readonly timeZone: string;
  readonly job: JobHandler;
}

const scheduledInput = z.object({ dueAt: z.iso.datetime() });

/**
 * @param how.handle gets the instant it was due, which may be long ago after a downtime
 * @throws Error when the pattern or the time zone is wrong
 */
export function defineSchedule(how: {
  readonly name: string;
  readonly cron: string;
  /** IANA; default UTC. An hour that summer time skips runs when it ends, one that it repeats runs once. */
  readonly timeZone?: string;
  /** Default 5. */
  readonly maxAttempts?: number;
  /** Default 5 minutes. */
  readonly timeoutMs?: number;
  handle(ctx: PublicCtx, dueAt: Date, meta: JobMeta): Promise<void>;
}): Schedule {
  const { name, cron, timeZone = "UTC", maxAttempts = 5, timeoutMs = 300_000 } = how;
  nextRun({ cron, timeZone }, new Date());
  const job = handleJob(declareJob({ name, input: scheduledInput }), {
    maxAttempts,
    timeoutMs,
    prefetch: 1,
    handle: (ctx, { dueAt }, meta) => how.handle(ctx, new Date(dueAt), meta),
  });
  return { name, cron, timeZone, job };
}

/** The first run after an instant. */
export function nextRun({ cron, timeZone }: Pick<Schedule, "cron" | "timeZone">, after: Date): Date {
  const next = new Cron(cron, { timezone: timeZone, mode: "5-part", paused: true }).nextRun(after);
  if (!next) throw new Error(`The schedule ${cron} has no next run`);
  return next;
}
