import { z } from "zod";
import { type Consumer, defineConsumer } from "../../workers/consumer.ts";
import { defaultOptions, type WorkerOptions } from "../../workers/engine/options.ts";
import { startWith } from "../../workers/engine/start-workers.ts";
import { handleJob } from "../../workers/job.ts";
import { readConfig } from "../config.ts";
import { taskCreated, taskUpdated } from "../domain/tasks/task.events.ts";
import { openApp } from "../open-app.ts";
import { declareJob, enqueue } from "../platform/jobs.ts";
import { inTransaction } from "../transaction.ts";

/* The workers of the fault test: what they do is written to the table `effects`, in the order in which it takes effect. */

const insert = "insert into effects (consumer, entity_id, seq) values ($1, $2, $3)";
const echo = declareJob({ name: "echo", input: z.strictObject({ entityId: z.uuid(), seq: z.int() }) });

/** Titles that are planted. */
export const poison = { throwing: "always throws", killing: "ends every process" };

const writer = (name: string, parts: Partial<Consumer>): Consumer => ({
  ...defineConsumer({
    name,
    on: [taskCreated, taskUpdated],
    maxAttempts: 6,
    timeoutMs: 2_000,
    async handle(ctx, { entityId, seq, patch }) {
      await ctx.sql.query(insert, [name, entityId, seq]);
      if (patch.title === poison.throwing) throw new Error("poisoned");
      if (patch.title === poison.killing) process.kill(process.pid, "SIGKILL");
      if (Math.random() < 0.02) throw new Error("bad luck");
      if (name === "ordered" && seq % 5 === 0) enqueue(ctx, echo, { entityId, seq });
    },
  }),
  ...parts,
});

export const faultOptions: WorkerOptions = {
  ...defaultOptions,
  prefix: "fault",
  consumers: [writer("ordered", {}), writer("unordered", { ordered: false })],
  jobs: [
    handleJob(echo, {
      maxAttempts: 6,
      timeoutMs: 2_000,
      handle: (ctx, { entityId, seq }, meta) =>
        inTransaction(ctx, async (ctx) => {
          await ctx.sql.query(insert, ["echo", entityId, seq]);
          meta.finish(ctx);
        }),
    }),
  ],
  schedules: [],
  retryDelayMs: (attempt) => 50 * attempt,
  reconcileAfterMs: 5_000,
  reconcileEveryMs: 1_000,
  leaseMs: 5_000,
};

if (process.argv[1] === import.meta.filename) {
  const config = readConfig();
  const { app, close } = await openApp(config, config.DATABASE_URL as string);
  const workers = await startWith(app, faultOptions);
  process.send?.("ready");
  process.once("SIGTERM", async () => {
    await workers.stop();
    await close();
    process.exit(0);
  });
}
