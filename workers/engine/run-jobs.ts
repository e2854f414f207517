import { PermanentFailure } from "../../server/platform/jobs.ts";
import { statement } from "../../server/platform/sql.ts";
import { write } from "../../server/transaction.ts";
import type { JobHandler, JobMeta } from "../job.ts";
import { buryJob } from "./dead-letters.ts";
import type { JobMessage } from "./dispatch.ts";
import { observeAttempt } from "./metrics.ts";
import { HandedBack, type Runtime, systemContext, tellOf, within } from "./runtime.ts";

/** Beyond its time limit, an attempt that has not ended is taken for dead after this. */
const graceMs = 5_000;

const startStatement = statement(
  "job.start",
  `update feed.jobs set attempts = attempts + 1, started_at = now(), key = null,
    due_at = now() + make_interval(secs => $2::float8 / 1000)
  where id = $1 and started_at is null and (not_before is null or not_before <= now())
  returning input, attempts, enqueued_at as "enqueuedAt", error`,
);
const finishStatement = statement("job.finish", "delete from feed.jobs where id = $1");
const failStatement = statement(
  "job.fail",
  `update feed.jobs set started_at = null, not_before = now() + make_interval(secs => $2::float8 / 1000),
    due_at = now() + make_interval(secs => $2::float8 / 1000), error = $3
  where id = $1`,
);
const handBackStatement = statement(
  "job.hand-back",
  "update feed.jobs set started_at = null, attempts = attempts - 1, due_at = now() where id = $1",
);

interface JobRow {
  input: unknown;
  attempts: number;
  enqueuedAt: string;
  error: string | null;
}

/**
 * Runs the job of a message, if it is still to be done and nobody is at it. A job that failed is due again later.
 *
 * @throws whatever the database throws; then nothing is settled
 */
export async function runJob(runtime: Runtime, job: JobHandler, { jobId, crashes }: JobMessage): Promise<void> {
  if (crashes > 0) return runtime.suspects(() => attempt(runtime, job, jobId));
  return attempt(runtime, job, jobId);
}

async function attempt(runtime: Runtime, job: JobHandler, jobId: string): Promise<void> {
  const { app, ledger, options, handBack } = runtime;
  if (handBack.aborted) throw new HandedBack();
  const [row] = await ledger.query<JobRow>(startStatement, [jobId, job.timeoutMs + graceMs]);
  if (!row) return; // done, being done, or not yet
  const ctx = systemContext(app, jobId, job.name);
  if (row.attempts > job.maxAttempts) {
    const reason = row.error ?? "the process died in the last attempt";
    return buryJob(app.sql, jobId, { attempts: row.attempts - 1, reason, stack: null });
  }

  const startedAt = performance.now();
  const observe = (outcome: string) =>
    observeAttempt(job.name, outcome, performance.now() - startedAt, row.attempts, row.enqueuedAt);
  try {
    const input = job.input.parse(row.input);
    await within(job.timeoutMs, handBack, (signal) => {
      const finish: JobMeta["finish"] = (inner) => write(inner, finishStatement, [jobId]);
      return job.handle(ctx, input, { jobId, attempt: row.attempts, enqueuedAt: row.enqueuedAt, signal, finish });
    });
    await app.sql.query(finishStatement, [jobId]);
    observe("done");
  } catch (error) {
    if (error instanceof HandedBack) {
      await app.sql.query(handBackStatement, [jobId]);
      throw error;
    }
    const { reason, stack } = tellOf(error);
    app.log.warn({ err: error, job: job.name, jobId, attempt: row.attempts }, "A job failed");
    if (error instanceof PermanentFailure || row.attempts >= job.maxAttempts) {
      await buryJob(app.sql, jobId, { attempts: row.attempts, reason, stack });
      return observe("dead");
    }
    const delayMs = options.retryDelayMs(row.attempts);
    await app.sql.query(failStatement, [jobId, delayMs, reason]);
    setTimeout(() => app.wake.signal("jobs"), delayMs + 5).unref();
    observe("failed");
  }
}
