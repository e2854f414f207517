import { expect } from "vitest";
import { refusal, test } from "../../testing/scene.ts";

test("a copy has the task's words, labels and people, a number of its own, and all below it if wanted", async ({
  scene,
}) => {
  const { project, owner, task, bug } = await scene.board();
  const caller = scene.caller(owner);
  await caller.tasks.label({ taskId: task.id, addLabelIds: [bug.id] });
  const child = await caller.tasks.create({
    projectId: project.id,
    title: "Child",
    parentId: task.id,
    assigneeIds: [owner.userId],
    dueOn: "2026-12-24",
  });
  const grandchild = await caller.tasks.create({ projectId: project.id, title: "Grandchild", parentId: child.id });
  const channels = [
    [`project:${project.id}`, owner],
    [`user:${owner.userId}`, owner],
  ] as const;

  const copied = await scene.expectLaw(channels, () =>
    caller.tasks.copy({ taskId: task.id, title: "Copy", withSubtasks: true }),
  );
  expect(copied.task).toMatchObject({
    title: "Copy",
    labelIds: [bug.id],
    statusId: task.statusId,
    number: 4,
    version: 1,
  });
  expect(copied.task.rank > task.rank).toBe(true);
  expect(copied.subtasks).toMatchObject([
    { title: "Child", parentId: copied.task.id, assigneeIds: [owner.userId], dueOn: "2026-12-24", number: 5 },
    { title: "Grandchild", parentId: copied.subtasks[0]?.id, number: 6 },
  ]);
  const alone = await caller.tasks.copy({ taskId: child.id });
  expect(alone).toMatchObject({ task: { title: "Child", parentId: task.id }, subtasks: [] });
  expect(await caller.tasks.get({ taskId: grandchild.id })).toEqual(grandchild);
});

test("in another project, status and labels of the same name stand for the task's", async ({ scene }) => {
  const { project, organization, owner, doing, bug, feature } = await scene.project();
  const caller = scene.caller(owner);
  const editor = await scene.personWith("editor", project);
  const task = await caller.tasks.create({
    projectId: project.id,
    title: "Task",
    statusId: doing.id,
    labelIds: [bug.id, feature.id],
    assigneeIds: [owner.userId, editor.userId],
  });
  const there = await scene.project({ organization, owner });
  await caller.statuses.update({ statusId: there.doing.id, name: "Under way" });
  await caller.labels.delete({ labelId: there.feature.id });

  const copied = await scene.expectLaw([[`project:${there.project.id}`, owner]], () =>
    caller.tasks.copy({ taskId: task.id, toProjectId: there.project.id }),
  );
  expect(copied.task).toMatchObject({
    projectId: there.project.id,
    key: `${there.project.key}-1`,
    statusId: there.doing.id, // by its category
    labelIds: [there.bug.id],
    assigneeIds: [owner.userId],
  });
});

test("a copy needs rights on both sides, and one organization", async ({ scene }) => {
  const { project, organization, owner, task } = await scene.board();
  const there = await scene.project({ organization, owner });
  const editor = await scene.as("editor", project);
  const elsewhere = await scene.project();
  const copy = (toProjectId: string) => ({ taskId: task.id, toProjectId });
  await expect(editor.tasks.copy(copy(there.project.id))).rejects.toMatchObject(refusal("not-found"));
  await scene.join(elsewhere.organization.id, owner, "owner");
  await expect(scene.caller(owner).tasks.copy(copy(elsewhere.project.id))).rejects.toMatchObject(
    refusal("validation.failed"),
  );
  const viewer = await scene.as("viewer", project);
  await expect(viewer.tasks.copy({ taskId: task.id })).rejects.toMatchObject(refusal("access.denied"));
});
