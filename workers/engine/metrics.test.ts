import { expect, test } from "vitest";
import { taskCreated } from "../../server/domain/tasks/task.events.ts";
import { PermanentFailure } from "../../server/platform/jobs.ts";
import { metrics } from "../../server/platform/metrics.ts";
import { describeBrokers, openScene, ownPrefix, workersFor } from "../../server/testing/workers.ts";
import { defineConsumer } from "../consumer.ts";

/** A metric's value for a consumer; undefined when there is none. */
async function sampleOf(name: string, consumer: string): Promise<number | undefined> {
  const metric = await metrics.getSingleMetric(name)?.get();
  const found = metric?.values.filter((value) => value.labels["consumer"] === consumer) ?? [];
  return found.find((value) => !("metricName" in value) || value.metricName === name)?.value;
}

describeBrokers("metrics", (env) => {
  test("tell what waits, what runs, what is dead, and how old the oldest is", async () => {
    const scene = await openScene(env);
    const gate = Promise.withResolvers<void>();
    const name = `gated-${ownPrefix()}`;
    const consumer = defineConsumer({
      name,
      on: [taskCreated],
      maxAttempts: 1,
      timeoutMs: 10_000,
      prefetch: 1,
      async handle(_, { patch }) {
        await gate.promise;
        if (patch.title === "bad") throw new PermanentFailure("bad");
      },
    });
    await workersFor(scene, { prefix: ownPrefix(), consumers: [consumer], drainMs: 200 });
    const { project, owner } = await scene.project();
    for (const title of ["good", "bad", "good"])
      await scene.caller(owner).tasks.create({ projectId: project.id, title });

    await expect.poll(() => sampleOf("taskwire_worker_ready", name), { timeout: 5_000 }).toBe(2);
    expect(await sampleOf("taskwire_worker_in_flight", name)).toBe(1);
    expect(await sampleOf("taskwire_worker_oldest_seconds", name)).toBeGreaterThan(0);
    gate.resolve();
    await expect.poll(() => sampleOf("taskwire_worker_dead", name), { timeout: 5_000 }).toBe(1);
    await expect.poll(() => sampleOf("taskwire_worker_attempts_total", name)).toBe(3);
    await expect.poll(() => sampleOf("taskwire_worker_oldest_seconds", name), { timeout: 5_000 }).toBe(0);
    expect(await sampleOf("taskwire_worker_ready", name)).toBe(0);
  });
});
