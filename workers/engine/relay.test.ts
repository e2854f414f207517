import { v7 } from "uuid";
import { expect, test } from "vitest";
import { z } from "zod";
import { taskCreated, taskUpdated } from "../../server/domain/tasks/task.events.ts";
import { declareJob, enqueue } from "../../server/platform/jobs.ts";
import { openSecondApp } from "../../server/testing/gateway.ts";
import { Scene } from "../../server/testing/scene.ts";
import { describeBrokers, openScene, ownPrefix, workersFor } from "../../server/testing/workers.ts";
import { inTransaction } from "../../server/transaction.ts";
import { defineConsumer } from "../consumer.ts";
import { handleJob } from "../job.ts";

function listener() {
  const heard: string[] = [];
  const consumer = defineConsumer({
    name: "listener",
    on: [taskCreated, taskUpdated],
    ordered: false, // then only the relay and the queue keep the order
    prefetch: 1,
    maxAttempts: 3,
    timeoutMs: 2_000,
    handle: async (_, { channel, seq }) => void heard.push(`${channel} ${seq}`),
  });
  return { heard, consumer };
}

describeBrokers("relay", (env) => {
  test("writers in other processes wake it, and the jobs, at once", async () => {
    const scene = await openScene(env);
    const ping = declareJob({ name: "ping", input: z.strictObject({}) });
    const { heard, consumer } = listener();
    const job = handleJob(ping, { maxAttempts: 1, timeoutMs: 1_000, handle: async () => void heard.push("ping") });
    const workers = { prefix: ownPrefix(), consumers: [consumer], jobs: [job], sweepMs: 3_600_000 };
    await workersFor(new Scene(await openSecondApp(scene.app)), workers);
    const warmUp = () => inTransaction(scene.ctx(null), async (ctx) => enqueue(ctx, ping, {}));
    await expect.poll(() => warmUp().then(() => heard.length), { timeout: 10_000 }).toBeGreaterThan(0);

    const { project } = await scene.board();
    await expect.poll(() => heard.filter((line) => line !== "ping")).toEqual([`project:${project.id} 1`]);
  });

  test("publishes each channel in its order, however many write", async () => {
    const scene = await openScene(env);
    const { heard, consumer } = listener();
    await workersFor(scene, { prefix: ownPrefix(), consumers: [consumer] });
    const boards = await Promise.all([scene.board(), scene.board()]);
    await Promise.all(
      boards.flatMap(({ owner, project }) =>
        Array.from({ length: 30 }, () => scene.caller(owner).tasks.create({ projectId: project.id, title: v7() })),
      ),
    );
    await expect.poll(() => heard.length, { timeout: 10_000 }).toBe(62);
    for (const { project } of boards) {
      const own = heard.filter((line) => line.startsWith(`project:${project.id} `));
      expect(own).toEqual(own.map((_, at) => `project:${project.id} ${at + 1}`));
    }
  });

  test("the channels of a relay that died are taken over when its leases end", async () => {
    const scene = await openScene(env);
    const { heard, consumer } = listener();
    const prefix = ownPrefix();
    const first = await workersFor(scene, { prefix, consumers: [consumer], leaseMs: 1_000 });
    const { task, owner, project } = await scene.board();
    await expect.poll(() => heard.length).toBe(1);
    await first.stop();
    await scene.caller(owner).tasks.update({ taskId: task.id, title: v7() });
    await scene.app.sql.query(
      "update feed.relay_cursors set lease = gen_random_uuid(), leased_until = now() + interval '700 milliseconds'",
    );
    await workersFor(scene, { prefix, consumers: [consumer], leaseMs: 1_000 });
    await scene.caller(owner).tasks.update({ taskId: task.id, title: v7() });
    expect(heard.length).toBe(1);
    await expect.poll(() => heard, { timeout: 5_000 }).toEqual([1, 2, 3].map((seq) => `project:${project.id} ${seq}`));
  });
});
