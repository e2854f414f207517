import { type Channel, connect } from "amqplib";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { taskCreated } from "../../server/domain/tasks/task.events.ts";
import { declareJob, enqueue } from "../../server/platform/jobs.ts";
import { openNetwork } from "../../server/testing/network.ts";
import type { Scene } from "../../server/testing/scene.ts";
import { describeWith } from "../../server/testing/services.ts";
import { openScene, ownPrefix, removeQueues, untilReady, workersFor } from "../../server/testing/workers.ts";
import { inTransaction } from "../../server/transaction.ts";
import { defineConsumer } from "../consumer.ts";
import { handleJob } from "../job.ts";
import { listDeadLetters } from "./dead-letters.ts";

const ping = declareJob({ name: "ping", input: z.strictObject({}) });

function parts() {
  const heard: string[] = [];
  const consumer = defineConsumer({
    name: "listener",
    on: [taskCreated],
    maxAttempts: 3,
    timeoutMs: 2_000,
    handle: async (_, change) => void heard.push(change.entityId),
  });
  const job = handleJob(ping, { maxAttempts: 3, timeoutMs: 2_000, handle: async () => void heard.push("ping") });
  return { heard, consumers: [consumer], jobs: [job] };
}
const sendPing = (scene: Scene) => inTransaction(scene.ctx(null), async (ctx) => enqueue(ctx, ping, {}));

async function openChannel(url: string): Promise<Channel> {
  const connection = await connect(url);
  onTestFinished(() => connection.close());
  return connection.createChannel();
}

describeWith("rabbitmq", "RabbitMQ between relay and consumers", (url) => {
  test("while it is away nobody waits for it, and nothing is lost", async () => {
    const network = await openNetwork(() => Number(new URL(url).port || 5672));
    onTestFinished(() => network.close());
    network.unplug();
    const scene = await openScene({ AMQP_URL: Object.assign(new URL(url), { port: network.port }).href });
    const prefix = ownPrefix();
    const { heard, consumers, jobs } = parts();
    onTestFinished(() => removeQueues(url, prefix, [...consumers, ...jobs]));
    const workers = await workersFor(scene, { prefix, consumers, jobs });
    await expect(workers.check()).rejects.toThrow("RabbitMQ does not answer");
    const first = await scene.board();
    await sendPing(scene);
    network.restore();
    await expect.poll(() => heard.toSorted(), { timeout: 10_000 }).toEqual([first.task.id, "ping"].sort());
    await workers.check();

    network.unplug();
    const second = await scene.board();
    network.restore();
    await expect.poll(() => heard, { timeout: 10_000 }).toContain(second.task.id);
    expect(heard).toHaveLength(3);
  });

  test("queues that vanish are made again, and what was in them is sent again", async () => {
    const scene = await openScene({ AMQP_URL: url });
    const prefix = ownPrefix();
    const { heard, consumers, jobs } = parts();
    await untilReady(await workersFor(scene, { prefix, consumers, jobs }));
    const first = await scene.board();
    await expect.poll(() => heard).toEqual([first.task.id]);
    const channel = await openChannel(url);
    for (const queue of ["listener", "ping"]) await channel.deleteQueue(`${prefix}.${queue}`);

    const second = await scene.board();
    await sendPing(scene);
    await expect
      .poll(() => heard.toSorted(), { timeout: 10_000 })
      .toEqual([first.task.id, second.task.id, "ping"].sort());
  });

  test("what the broker gives up is among the dead letters", async () => {
    const scene = await openScene({ AMQP_URL: url });
    const prefix = ownPrefix();
    const { consumers, jobs } = parts();
    const others = await workersFor(scene, { prefix, consumers, jobs, only: ["nothing"] });
    await untilReady(others);
    const { task } = await scene.board();
    await sendPing(scene);
    const channel = await openChannel(url);
    for (const queue of ["listener", "ping"]) {
      await expect.poll(() => channel.get(`${prefix}.${queue}`), { timeout: 5_000 }).toBeTruthy();
      channel.nackAll(false);
    }
    await expect
      .poll(() => listDeadLetters(scene.app.sql, null, 10), { timeout: 5_000 })
      .toMatchObject([
        { consumer: expect.any(String), attempts: 0, reason: expect.stringContaining("the broker gave up") },
        { consumer: expect.any(String), attempts: 0, reason: expect.stringContaining("the broker gave up") },
      ]);
    const letters = await listDeadLetters(scene.app.sql, "listener", 10);
    expect(letters).toMatchObject([{ body: { entityId: task.id } }]);
    await others.stop();
  });

  test("queues survive, are bound to the changes, and stop a message that is delivered too often", async () => {
    const scene = await openScene({ AMQP_URL: url });
    const prefix = ownPrefix();
    const { heard, consumers, jobs } = parts();
    const workers = await workersFor(scene, { prefix, consumers, jobs, only: ["nothing"] });
    await untilReady(workers);
    const channel = await openChannel(url);
    await expect.poll(() => channel.checkQueue(`${prefix}.listener`)).toMatchObject({ consumerCount: 0 });
    channel.publish(`${prefix}.changes`, "project.task.created", Buffer.from(JSON.stringify({ seq: 1 })));
    await expect.poll(() => channel.checkQueue(`${prefix}.listener`)).toMatchObject({ messageCount: 1 });
    for (let delivery = 0; delivery <= 20; delivery += 1) {
      await expect.poll(() => channel.get(`${prefix}.listener`)).toBeTruthy();
      channel.nackAll(true);
    }
    await expect.poll(() => channel.checkQueue(`${prefix}.listener`)).toMatchObject({ messageCount: 0 });
    await workers.stop();
    expect(heard).toEqual([]);
  });
});
