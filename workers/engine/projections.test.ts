import { describe, expect, test } from "vitest";
import { projectFacts } from "../../server/domain/analytics/project-facts.ts";
import type { Projection } from "../../server/domain/projection.ts";
import { foundProject } from "../../server/testing/analytics.ts";
import type { Scene } from "../../server/testing/scene.ts";
import { openScene, ownPrefix, workersFor } from "../../server/testing/workers.ts";

const cursorOf = async ({ app }: Scene, projection: string, projectId: string) => {
  const [row] = await app.sql.query<{ seq: number }>(
    "select seq from feed.projections where projection = $1 and channel = $2",
    [projection, `project:${projectId}`],
  );
  return row?.seq ?? 0;
};

describe("projections", () => {
  test("two processes apply each change once, in order, also those of before they began", async () => {
    const scene = await openScene({});
    const { manager, project } = await foundProject(scene);
    const applied: number[] = [];
    const counting: Projection = {
      name: "counting",
      channels: ["project"],
      apply: async (_ctx, _channel, changes) => void applied.push(...changes.map(({ seq }) => seq)),
      clear: async () => {},
    };
    for (let at = 0; at < 2; at += 1) await workersFor(scene, { prefix: ownPrefix(), projections: [counting] });

    for (let at = 0; at < 20; at += 1) await manager.tasks.create({ projectId: project.id, title: `Task ${at}` });

    const head = await scene.head(`project:${project.id}`);
    await expect.poll(() => cursorOf(scene, "counting", project.id)).toBe(head);
    expect(applied).toEqual(Array.from({ length: head }, (_, at) => at + 1));
  });

  test("a channel that takes long holds up no other, also one that is woken later", async () => {
    const scene = await openScene({});
    const [slow, quick] = [await foundProject(scene), await foundProject(scene)];
    const [reached, held] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const waiting: Projection = {
      name: "waiting",
      channels: ["project"],
      async apply(_ctx, channel) {
        if (channel !== `project:${slow.project.id}`) return;
        reached.resolve();
        await held.promise;
      },
      clear: async () => {},
    };
    await workersFor(scene, { prefix: ownPrefix(), projections: [waiting] });
    await reached.promise;
    await quick.manager.tasks.create({ projectId: quick.project.id, title: "One" });
    const head = await scene.head(`project:${quick.project.id}`);

    await expect.poll(() => cursorOf(scene, "waiting", quick.project.id)).toBe(head);
    expect(await cursorOf(scene, "waiting", slow.project.id)).toBe(0);

    held.resolve();
    await slow.manager.tasks.create({ projectId: slow.project.id, title: "Two" });
    await expect
      .poll(() => cursorOf(scene, "waiting", slow.project.id))
      .toBe(await scene.head(`project:${slow.project.id}`));
  });

  test("one that fails stands still, leaves nothing half done, and goes on when it can", async () => {
    const scene = await openScene({});
    const { manager, project } = await foundProject(scene);
    let isBroken = true;
    let attempts = 0;
    const breaking: Projection = {
      ...projectFacts,
      name: "breaking",
      async apply(ctx, channel, changes) {
        attempts += 1;
        await projectFacts.apply(ctx, channel, changes);
        if (isBroken) throw new Error("not now");
      },
    };
    await workersFor(scene, { prefix: ownPrefix(), projections: [breaking] });
    await manager.tasks.create({ projectId: project.id, title: "One" });
    await expect.poll(() => attempts).toBeGreaterThan(1);
    const tasks = () => scene.app.sql.query("select from analytics.tasks where project_id = $1", [project.id]);
    expect([await cursorOf(scene, "breaking", project.id), await tasks()]).toEqual([0, []]);

    isBroken = false;

    await expect.poll(tasks).toHaveLength(1);
    expect(await cursorOf(scene, "breaking", project.id)).toBe(await scene.head(`project:${project.id}`));
  });
});
