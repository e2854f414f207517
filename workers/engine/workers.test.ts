import { expect, test } from "vitest";
import { z } from "zod";
import { taskCreated, taskMoved } from "../../server/domain/tasks/task.events.ts";
import { declareJob, enqueue } from "../../server/platform/jobs.ts";
import { describeBrokers, openScene, ownPrefix, workersFor } from "../../server/testing/workers.ts";
import { inTransaction } from "../../server/transaction.ts";
import { defineConsumer } from "../consumer.ts";
import { handleJob } from "../job.ts";

const greet = declareJob({ name: "greet", input: z.strictObject({ name: z.string() }) });

describeBrokers("workers", (env) => {
  test("a job is done once its transaction commits", async () => {
    const scene = await openScene(env);
    const greeted: string[] = [];
    const job = handleJob(greet, {
      maxAttempts: 3,
      timeoutMs: 1_000,
      handle: async (_, { name }) => void greeted.push(name),
    });
    await workersFor(scene, { prefix: ownPrefix(), jobs: [job] });

    const failing = inTransaction(scene.ctx(null), async (ctx) => {
      enqueue(ctx, greet, { name: "nobody" });
      throw new Error("rolled back");
    });
    await expect(failing).rejects.toThrow("rolled back");
    await inTransaction(scene.ctx(null), async (ctx) => enqueue(ctx, greet, { name: "Ada" }));

    await expect.poll(() => greeted).toEqual(["Ada"]);
    await expect.poll(() => scene.app.sql.query("select * from feed.jobs")).toEqual([]);
  });

  test("a consumer hears the changes it asked for, and remembers each", async () => {
    const scene = await openScene(env);
    const heard: string[] = [];
    const consumer = defineConsumer({
      name: "listener",
      on: [taskCreated, taskMoved],
      maxAttempts: 3,
      timeoutMs: 1_000,
      handle: async (_, change) => void heard.push(`${change.type} ${change.seq}`),
    });
    await workersFor(scene, { prefix: ownPrefix(), consumers: [consumer] });

    const { task, owner, done } = await scene.board();
    await scene.caller(owner).tasks.update({ taskId: task.id, title: "Other" });
    await scene.caller(owner).tasks.move({ taskId: task.id, toStatusId: done.id, afterTaskId: null });

    await expect.poll(() => heard).toEqual(["task.created 1", "task.moved 3"]);
    await expect
      .poll(() => scene.app.sql.query("select seq, attempts from feed.inbox where done_at is not null order by seq"))
      .toEqual([
        { seq: 1, attempts: 1 },
        { seq: 3, attempts: 1 },
      ]);
  });
});
