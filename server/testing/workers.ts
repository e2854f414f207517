import { randomUUID } from "node:crypto";
import { connect } from "amqplib";
import { describe, expect, onTestFinished } from "vitest";
import { defaultOptions, type WorkerOptions } from "../../workers/engine/options.ts";
import { startWith, type Workers } from "../../workers/engine/start-workers.ts";
import { openTestApp } from "./app.ts";
import { Scene } from "./scene.ts";
import { describeWith } from "./services.ts";

/** The two brokers; each body runs with both. @param env makes an application use it */
export function describeBrokers(name: string, body: (env: Record<string, string>) => void): void {
  describe(`${name} (embedded)`, () => body({}));
  describeWith("rabbitmq", name, (url) => body({ AMQP_URL: url }));
}

/** A scene on a database of its own, until the test ends. */
export async function openScene(env: Record<string, string>): Promise<Scene> {
  const { app, close } = await openTestApp({ DATABASE_POOL_SIZE: "12", ...env });
  onTestFinished(close);
  return new Scene(app);
}

/** For names that nobody else uses. */
export const ownPrefix = (): string => `test_${randomUUID().replaceAll("-", "").slice(0, 12)}`;

/** Until the broker answers and has its queues. */
export const untilReady = (broker: Pick<Workers, "check">): Promise<void> =>
  expect
    .poll(() =>
      broker.check().then(
        () => "ready",
        () => "away",
      ),
    )
    .toBe("ready");

/** Workers with the given parts, fast paces, and queues of their own, until the test ends. */
export async function workersFor(
  { app }: Scene,
  parts: Partial<WorkerOptions> & Pick<WorkerOptions, "prefix">,
): Promise<Workers> {
  const options: WorkerOptions = {
    ...defaultOptions,
    consumers: [],
    jobs: [],
    schedules: [],
    sweepMs: 200,
    retryDelayMs: () => 30,
    drainMs: 1_000,
    ...parts,
  };
  const { AMQP_URL: url } = app.config;
  const { prefix, consumers, jobs, schedules } = options;
  if (url) onTestFinished(() => removeQueues(url, prefix, [...consumers, ...jobs, ...schedules]));
  const workers = await startWith(app, options);
  let stopped: Promise<void> | undefined;
  const stop = () => (stopped ??= workers.stop());
  onTestFinished(stop);
  return { check: () => workers.check(), stop };
}

/** Removes what was made in RabbitMQ under a prefix. */
export async function removeQueues(url: string, prefix: string, queues: readonly { name: string }[]): Promise<void> {
  const connection = await connect(url);
  const channel = await connection.createChannel();
  for (const { name } of [...queues, { name: "dead" }]) await channel.deleteQueue(`${prefix}.${name}`);
  for (const name of ["changes", "dead"]) await channel.deleteExchange(`${prefix}.${name}`);
  await connection.close();
}
