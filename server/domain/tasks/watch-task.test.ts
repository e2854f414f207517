import { expect } from "vitest";
import { refusal, test } from "../../testing/scene.ts";

test("people watch and unwatch for themselves, and repeated it changes nothing", async ({ scene }) => {
  const { project, owner, task } = await scene.board();
  const viewer = await scene.personWith("viewer", project);
  const caller = scene.caller(viewer);
  await scene.expectLaw(
    [
      [`user:${viewer.userId}`, viewer],
      [`project:${project.id}`, owner],
    ],
    async () => {
      const watch = await caller.watches.create({ taskId: task.id });
      expect(watch).toMatchObject({ taskId: task.id, userId: viewer.userId });
      expect(await caller.watches.create({ taskId: task.id })).toEqual(watch);
      expect(await caller.watches.list({})).toEqual({ items: [watch], nextCursor: null });
    },
  );
  const { items } = await caller.watches.watchers({ taskId: task.id });
  expect(items.map(({ userId }) => userId)).toEqual([owner.userId, viewer.userId]);

  await scene.expectLaw([[`user:${viewer.userId}`, viewer]], async () => {
    await caller.watches.delete({ taskId: task.id });
    await caller.watches.delete({ taskId: task.id });
  });
  expect((await scene.changes(`user:${viewer.userId}`)).map(({ type }) => type)).toEqual([
    "task.watched",
    "task.unwatched",
  ]);
});

test("watches come in pages", async ({ scene }) => {
  const { project, owner } = await scene.project();
  const caller = scene.caller(owner);
  for (const title of ["1", "2", "3"]) await caller.tasks.create({ projectId: project.id, title });
  const first = await caller.watches.list({ projectId: project.id, limit: 2 });
  const second = await caller.watches.list({ projectId: project.id, limit: 2, cursor: first.nextCursor ?? "" });
  expect([first.items.length, second.items.length, second.nextCursor]).toEqual([2, 1, null]);
  await expect(caller.watches.list({ cursor: "forged" })).rejects.toMatchObject(refusal("validation.failed"));
});
