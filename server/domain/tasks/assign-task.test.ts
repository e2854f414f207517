import { expect } from "vitest";
import { refusal, test } from "../../testing/scene.ts";

test("assigning people tells the project, and they watch the task", async ({ scene }) => {
  const { project, owner, task } = await scene.board();
  const caller = scene.caller(owner);
  const [ann, ben] = [await scene.personWith("editor", project), await scene.personWith("viewer", project)];
  const channels = [
    [`project:${project.id}`, owner],
    [`user:${ann.userId}`, ann],
    [`user:${ben.userId}`, ben],
  ] as const;

  await scene.expectLaw(channels, async () => {
    const assigned = await caller.tasks.assign({
      taskId: task.id,
      addAssigneeIds: [ann.userId, ben.userId],
      version: 1,
    });
    expect(assigned).toMatchObject({ assigneeIds: [ann.userId, ben.userId].sort(), version: 2 });
    expect(await caller.tasks.assign({ taskId: task.id, addAssigneeIds: [ben.userId] })).toEqual(assigned); // changes nothing
    await expect(caller.tasks.assign({ taskId: task.id, assigneeIds: [], version: 1 })).rejects.toMatchObject(
      refusal("stale"),
    );
    expect(await caller.tasks.assign({ taskId: task.id, removeAssigneeIds: [ann.userId] })).toMatchObject({
      assigneeIds: [ben.userId],
      version: 3,
    });
    expect(await caller.tasks.assign({ taskId: task.id, assigneeIds: [owner.userId] })).toMatchObject({
      assigneeIds: [owner.userId],
    });
  });
  const types = (await scene.changes(`project:${project.id}`)).map(({ type }) => type);
  expect(types).toEqual(["task.created", "task.assigned", "task.assigned", "task.assigned"]);
  const { items } = await caller.watches.watchers({ taskId: task.id });
  expect(items.map(({ userId }) => userId).sort()).toEqual([owner.userId, ann.userId, ben.userId].sort());
});

test("only people of the project can be assigned, and only its labels used", async ({ scene }) => {
  const { owner, task } = await scene.board();
  const elsewhere = await scene.project();
  const caller = scene.caller(owner);
  for (const change of [
    () => caller.tasks.assign({ taskId: task.id, addAssigneeIds: [elsewhere.owner.userId] }),
    () => caller.tasks.assign({ taskId: task.id, assigneeIds: [crypto.randomUUID()] }),
    () => caller.tasks.label({ taskId: task.id, addLabelIds: [elsewhere.bug.id] }),
  ]) {
    await expect(change()).rejects.toMatchObject(refusal("validation.failed"));
  }
  expect(await caller.tasks.get({ taskId: task.id })).toEqual(task);
});

test("labels are added, taken away and replaced, and repeated change nothing", async ({ scene }) => {
  const { project, owner, task, bug, feature } = await scene.board();
  const caller = scene.caller(owner);
  await scene.expectLaw([[`project:${project.id}`, owner]], async () => {
    const labelled = await caller.tasks.label({ taskId: task.id, addLabelIds: [bug.id.toUpperCase(), feature.id] });
    expect(labelled).toMatchObject({ labelIds: [bug.id, feature.id].sort(), version: 2 });
    expect(await caller.tasks.label({ taskId: task.id, addLabelIds: [bug.id] })).toEqual(labelled);
    await expect(caller.tasks.label({ taskId: task.id, labelIds: [], version: 1 })).rejects.toMatchObject(
      refusal("stale"),
    );
    expect(await caller.tasks.label({ taskId: task.id, removeLabelIds: [bug.id] })).toMatchObject({
      labelIds: [feature.id],
    });
    expect(await caller.tasks.label({ taskId: task.id, labelIds: [bug.id] })).toMatchObject({ labelIds: [bug.id] });
  });
});
