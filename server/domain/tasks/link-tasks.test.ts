import { expect } from "vitest";
import { refusal, test } from "../../testing/scene.ts";

test("a task waits for another one, once, and no longer when the link ends", async ({ scene }) => {
  const { project, owner, task } = await scene.board();
  const caller = scene.caller(owner);
  const other = await caller.tasks.create({ projectId: project.id, title: "Other" });
  await scene.expectLaw([[`project:${project.id}`, owner]], async () => {
    const link = await caller.taskLinks.create({ taskId: task.id, kind: "blocks", otherTaskId: other.id });
    expect(link).toMatchObject({ blockerId: task.id, blockedId: other.id, projectId: project.id });
    expect(await caller.taskLinks.create({ taskId: other.id, kind: "blocked-by", otherTaskId: task.id })).toEqual(link);
    expect(await caller.taskLinks.list({ taskId: other.id })).toEqual({ items: [link] });
    expect((await caller.tasks.list({ projectId: project.id, blocked: "only" })).items).toEqual([other]);

    expect(await caller.taskLinks.delete({ linkId: link.id })).toEqual(link);
    await expect(caller.taskLinks.delete({ linkId: link.id })).rejects.toMatchObject(refusal("not-found"));
  });
  expect(await caller.taskLinks.list({ taskId: task.id })).toEqual({ items: [] });
});

test("tasks that would wait for each other or for another project are refused", async ({ scene }) => {
  const { project, owner, organization, task } = await scene.board();
  const caller = scene.caller(owner);
  const elsewhere = await scene.project({ organization, owner });
  const [second, third] = [
    await caller.tasks.create({ projectId: project.id, title: "Second" }),
    await caller.tasks.create({ projectId: project.id, title: "Third" }),
  ];
  const foreign = await caller.tasks.create({ projectId: elsewhere.project.id, title: "Elsewhere" });
  await caller.taskLinks.create({ taskId: task.id, kind: "blocks", otherTaskId: second.id });
  await caller.taskLinks.create({ taskId: second.id, kind: "blocks", otherTaskId: third.id });
  for (const [taskId, otherTaskId, code] of [
    [third.id, task.id, "rule.broken"],
    [task.id, task.id, "rule.broken"],
    [task.id, foreign.id, "validation.failed"],
    [task.id, crypto.randomUUID(), "not-found"],
  ] as const) {
    await expect(caller.taskLinks.create({ taskId, kind: "blocks", otherTaskId })).rejects.toMatchObject(refusal(code));
  }
});
