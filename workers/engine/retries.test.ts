import { expect, test } from "vitest";
import { z } from "zod";
import { taskCreated } from "../../server/domain/tasks/task.events.ts";
import { declareJob, enqueue } from "../../server/platform/jobs.ts";
import { describeBrokers, openScene, ownPrefix, workersFor } from "../../server/testing/workers.ts";
import { inTransaction } from "../../server/transaction.ts";
import { defineConsumer } from "../consumer.ts";
import { handleJob } from "../job.ts";
import { defaultOptions } from "./options.ts";

test("each delay is about twice the one before, up to a quarter of an hour", () => {
  const { retryDelayMs } = defaultOptions;
  for (let attempt = 1; attempt <= 30; attempt += 1) {
    const middle = Math.min(1_000 * 2 ** (attempt - 1), 900_000);
    for (let time = 0; time < 50; time += 1) {
      expect(retryDelayMs(attempt)).toBeGreaterThanOrEqual(middle * 0.8);
      expect(retryDelayMs(attempt)).toBeLessThanOrEqual(middle * 1.2);
    }
  }
});

const send = declareJob({ name: "letter.send", input: z.strictObject({}) });

describeBrokers("retries", (env) => {
  test("what waits for another attempt waits over a restart, and its attempts count on", async () => {
    const scene = await openScene(env);
    const prefix = ownPrefix();
    const seen: string[] = [];
    const failedAt = new Map<string, number>();
    const tooEarly: string[] = [];
    const delayMs = 1_200;
    const attempt = (what: string) => {
      const early = Date.now() < (failedAt.get(what) ?? 0) + delayMs;
      if (early) tooEarly.push(what);
      seen.push(what);
      if (seen.filter((one) => one === what).length > 1) return;
      failedAt.set(what, Date.now());
      throw new Error("not yet");
    };
    const parts = {
      prefix,
      retryDelayMs: () => delayMs + 50, // the database's clock and this one are read at different moments
      consumers: [
        defineConsumer({
          name: "listener",
          on: [taskCreated],
          maxAttempts: 3,
          timeoutMs: 2_000,
          handle: async () => attempt("change"),
        }),
      ],
      jobs: [handleJob(send, { maxAttempts: 3, timeoutMs: 2_000, handle: async () => attempt("job") })],
    };
    const first = await workersFor(scene, parts);
    await scene.board();
    await inTransaction(scene.ctx(null), async (ctx) => enqueue(ctx, send, {}));
    const waiting = () =>
      scene.app.sql.query(
        "select attempts from feed.jobs where not_before > now() union all select attempts from feed.inbox where not_before > now()",
      );
    await expect.poll(waiting).toEqual([{ attempts: 1 }, { attempts: 1 }]);
    await first.stop();

    await workersFor(scene, parts);
    await expect.poll(() => seen.toSorted(), { timeout: 10_000 }).toEqual(["change", "change", "job", "job"]);
    expect(tooEarly).toEqual([]);
    const left = () =>
      scene.app.sql.query(
        "select attempts, done_at is not null as done from feed.inbox union all select attempts, false from feed.jobs",
      );
    await expect.poll(left).toEqual([{ attempts: 2, done: true }]);
  });
});
