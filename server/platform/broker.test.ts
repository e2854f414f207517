import { setTimeout as delay } from "node:timers/promises";
import { v7 } from "uuid";
import { expect, onTestFinished, test } from "vitest";
import { openTestApp } from "../testing/app.ts";
import { describeBrokers, ownPrefix, removeQueues, untilReady } from "../testing/workers.ts";
import { type Broker, type Incoming, type Outgoing, openBroker } from "./broker.ts";

const queues = [
  { name: "moves", topics: ["*.task.moved"] },
  { name: "all.of.projects", topics: ["project.task.moved", "project.task.created"] },
  { name: "orders", topics: [] },
];

const toTopic = (topic: string, n: number, mandatory = true): Outgoing => ({
  id: v7(),
  to: { topic },
  body: { n },
  mandatory,
});
const numberOf = ({ body }: Incoming) => (body as { n: number }).n;

describeBrokers("broker", (env) => {
  async function open(): Promise<Broker> {
    const { app, close } = await openTestApp(env);
    onTestFinished(close);
    const prefix = ownPrefix();
    const url = app.config.AMQP_URL;
    const broker = await openBroker({ url, prefix, pool: app.database.pool, wake: app.wake, log: app.log });
    if (url) onTestFinished(() => removeQueues(url, prefix, queues));
    onTestFinished(() => broker.close());
    await broker.declare(queues);
    await untilReady(broker);
    return broker;
  }

  /** Consumes into a list. */
  async function collect(broker: Broker, queue: string): Promise<number[]> {
    const got: number[] = [];
    await broker.consume(queue, 1, async (message) => void got.push(numberOf(message)));
    return got;
  }

  test("carries a message to every queue whose topics match, with its id, in the order of publishing", async () => {
    const broker = await open();
    const messages = Array.from({ length: 200 }, (_, n) => toTopic("project.task.moved", n));
    expect(await broker.publish(messages)).toEqual(messages.map(() => true));
    expect(await broker.publish([toTopic("user.task.moved", 200), toTopic("project.task.created", 201)])).toEqual([
      true,
      true,
    ]);
    const [moves, all] = await Promise.all([collect(broker, "moves"), collect(broker, "all.of.projects")]);
    const numbers = messages.map((_, n) => n);
    await expect.poll(() => [moves.length, all.length], { timeout: 10_000 }).toEqual([201, 201]);
    expect(moves).toEqual([...numbers, 200]);
    expect(all).toEqual([...numbers, 201]);
  });

  test("a message that must arrive and reaches no queue was not published", async () => {
    const broker = await open();
    const messages = [toTopic("nobody.hears", 1), toTopic("nobody.hears", 2, false), toTopic("a.task.moved", 3)];
    expect(await broker.publish(messages)).toEqual([false, true, true]);
  });

  test("hands no more than so many at once, and again what was not settled", async () => {
    const broker = await open();
    await broker.publish([1, 2, 3, 4, 5].map((n) => ({ ...toTopic("", n), to: { queue: "orders" } })));
    expect(await broker.depth("orders")).toEqual({ ready: 5 });
    let running = 0;
    let most = 0;
    const failed = new Set<number>();
    const settled: number[] = [];
    await broker.consume("orders", 2, async (message) => {
      running += 1;
      most = Math.max(most, running);
      await delay(20);
      running -= 1;
      const n = numberOf(message);
      if (!failed.has(n)) {
        failed.add(n);
        throw new Error("not now");
      }
      settled.push(n);
    });
    await expect.poll(() => settled.toSorted(), { timeout: 10_000 }).toEqual([1, 2, 3, 4, 5]);
    expect(most).toBe(2);
    await expect.poll(() => broker.depth("orders")).toEqual({ ready: 0 });
  });

  test("who stops finishes what it holds, and leaves the rest to others", async () => {
    const broker = await open();
    const first: number[] = [];
    const release = Promise.withResolvers<void>();
    const consumption = await broker.consume("orders", 1, async (message) => {
      await release.promise;
      first.push(numberOf(message));
    });
    await broker.publish([1, 2, 3].map((n) => ({ ...toTopic("", n), to: { queue: "orders" } })));
    await expect.poll(() => broker.depth("orders")).toEqual({ ready: 2 });
    const stopped = consumption.stop();
    release.resolve();
    await stopped;
    expect(first).toEqual([1]);
    const others = await collect(broker, "orders");
    await expect.poll(() => others).toEqual([2, 3]);
  });
});
