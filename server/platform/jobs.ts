import { v7 } from "uuid";
import type { z } from "zod";
import type { PublicCtx } from "../context.ts";
import { write } from "../transaction.ts";
import { statement } from "./sql.ts";

/** A command with exactly one consumer; domains declare and enqueue it, workers handle it. */
export interface JobDeclaration<Schema extends z.ZodType = z.ZodType> {
  /** Imperative: `email.send`. Also names its queue; a rename strands the old one. */
  readonly name: string;
  /** What the job carries. It is stored as JSON and read through this schema again when the job runs. */
  readonly input: Schema;
}

export function declareJob<Schema extends z.ZodType>(declaration: JobDeclaration<Schema>): JobDeclaration<Schema> {
  return declaration;
}

/** Thrown by a handler that will never succeed: straight to the dead letters, without another attempt. */
export class PermanentFailure extends Error {
  constructor(reason: string, options?: ErrorOptions) {
    super(reason, options);
    this.name = "PermanentFailure";
  }
}

interface EnqueueOptions {
  /** Not before this instant; default at once. */
  runAt?: Date;
  /** While a job of the same name and key waits to be run for the first time, no second one is added. */
  key?: string;
}

const enqueueStatement = statement(
  "jobs.enqueue",
  `insert into feed.jobs (id, name, input, key, due_at) values ($1, $2, $3, $4, coalesce($5, now()))
  on conflict (name, key) where key is not null do nothing`,
);

/**
 * Adds a job to the transaction: it is done if, and only if, that commits. At least once, in no order; a worker that
 * must act once says so with `meta.finish`.
 *
 * @throws ZodError when the input is not what the job takes
 */
export function enqueue<Schema extends z.ZodType>(
  ctx: PublicCtx,
  job: JobDeclaration<Schema>,
  input: z.input<Schema>,
  { runAt, key }: EnqueueOptions = {},
): void {
  job.input.parse(input);
  write(ctx, enqueueStatement, [v7(), job.name, JSON.stringify(input), key ?? null, runAt ?? null]);
  if (!runAt || runAt <= new Date()) ctx.transaction?.afterCommit.push(() => ctx.app.wake.signal("jobs"));
}
