import { expect } from "vitest";
import { refusal, test } from "../../testing/scene.ts";

test("a task goes into the trash and back with all below it, each to its place", async ({ scene }) => {
  const { project, owner, task } = await scene.board();
  const caller = scene.caller(owner);
  const child = await caller.tasks.create({ projectId: project.id, title: "Child", parentId: task.id });
  const grandchild = await caller.tasks.create({ projectId: project.id, title: "Grandchild", parentId: child.id });
  const early = await caller.tasks.create({ projectId: project.id, title: "Trashed before", parentId: child.id });
  await caller.tasks.delete({ taskId: early.id });
  const channel = `project:${project.id}` as const;
  const head = await scene.head(channel);

  await scene.expectLaw([[channel, owner]], async () => {
    const trashed = await caller.tasks.delete({ taskId: task.id });
    expect(trashed.taskIds.toSorted()).toEqual([task.id, child.id, grandchild.id].toSorted());
    expect(await caller.tasks.delete({ taskId: task.id })).toEqual(trashed); // sent twice
  });
  const changes = await scene.changes(channel, head);
  expect(changes.map(({ type, op }) => `${type} ${op}`)).toEqual(Array(3).fill("task.trashed delete"));
  expect((await caller.tasks.trash({ projectId: project.id })).items).toHaveLength(4);
  for (const change of [
    () => caller.tasks.update({ taskId: child.id, title: "Other" }),
    () => caller.tasks.move({ taskId: child.id, toStatusId: child.statusId, afterTaskId: null }),
    () => caller.tasks.assign({ taskId: child.id, addAssigneeIds: [owner.userId] }),
    () => caller.tasks.archive({ taskId: child.id }),
    () => caller.tasks.copy({ taskId: child.id }),
    () => caller.tasks.bulkUpdate({ taskIds: [child.id], priority: "low" }),
    () => caller.taskLinks.create({ taskId: child.id, kind: "blocks", otherTaskId: grandchild.id }),
  ]) {
    await expect(change()).rejects.toMatchObject(refusal("rule.broken"));
  }
  await expect(
    caller.tasks.create({ projectId: project.id, title: "Below", parentId: child.id }),
  ).rejects.toMatchObject(refusal("validation.failed"));

  const { tasks } = await scene.expectLaw([[channel, owner]], () => caller.tasks.restore({ taskId: task.id }));
  expect(tasks.map(({ id }) => id).toSorted()).toEqual([task.id, child.id, grandchild.id].toSorted());
  expect(tasks.find(({ id }) => id === task.id)).toEqual({
    ...task,
    version: 3,
    updatedAt: expect.any(String),
  });
  expect(await caller.tasks.restore({ taskId: task.id })).toEqual({ tasks: [expect.objectContaining({ version: 3 })] });
  expect((await caller.tasks.trash({ projectId: project.id })).items.map(({ id }) => id)).toEqual([early.id]);
});

test("a sub-task whose parent stays in the trash comes back without one", async ({ scene }) => {
  const { project, owner, task } = await scene.board();
  const caller = scene.caller(owner);
  const child = await caller.tasks.create({ projectId: project.id, title: "Child", parentId: task.id });
  await caller.tasks.delete({ taskId: task.id });
  const { tasks } = await scene.expectLaw([[`project:${project.id}`, owner]], () =>
    caller.tasks.restore({ taskId: child.id }),
  );
  expect(tasks).toMatchObject([{ id: child.id, parentId: null, deletedAt: null }]);
});

test("a status that is full takes nothing back", async ({ scene }) => {
  const { project, owner, task, todo } = await scene.board();
  const caller = scene.caller(owner);
  await caller.tasks.delete({ taskId: task.id });
  await caller.tasks.create({ projectId: project.id, title: "Second", statusId: todo.id });
  await scene.app.sql.query("update projects.statuses set wip_limit = 1 where id = $1", [todo.id]);
  await expect(caller.tasks.restore({ taskId: task.id })).rejects.toMatchObject(refusal("rule.broken"));
});

test("purging deletes a trashed task for ever, with its links and watches", async ({ scene }) => {
  const { project, owner, task } = await scene.board();
  const caller = scene.caller(owner);
  const editor = await scene.personWith("editor", project);
  const child = await caller.tasks.create({ projectId: project.id, title: "Child", parentId: task.id });
  const other = await caller.tasks.create({ projectId: project.id, title: "Other" });
  await caller.taskLinks.create({ taskId: task.id, kind: "blocks", otherTaskId: other.id });
  await scene.caller(editor).watches.create({ taskId: child.id });

  await expect(caller.tasks.purge({ taskId: task.id })).rejects.toMatchObject(refusal("rule.broken"));
  await caller.tasks.delete({ taskId: task.id });
  await expect(scene.caller(editor).tasks.purge({ taskId: task.id })).rejects.toMatchObject(refusal("access.denied"));
  const purged = await scene.expectLaw(
    [
      [`project:${project.id}`, owner],
      [`user:${owner.userId}`, owner],
      [`user:${editor.userId}`, editor],
    ],
    () => caller.tasks.purge({ taskId: task.id }),
  );
  expect(purged.taskIds.toSorted()).toEqual([task.id, child.id].toSorted());
  await expect(caller.tasks.purge({ taskId: task.id })).rejects.toMatchObject(refusal("not-found"));
  expect((await scene.changes(`user:${editor.userId}`)).at(-1)).toMatchObject({ type: "task.unwatched" });
});

test("archiving takes a task off the board and out of its status's limit", async ({ scene }) => {
  const { project, owner, task, todo } = await scene.board();
  const caller = scene.caller(owner);
  await scene.app.sql.query("update projects.statuses set wip_limit = 1 where id = $1", [todo.id]);
  const create = () => caller.tasks.create({ projectId: project.id, title: "Second", statusId: todo.id });
  await expect(create()).rejects.toMatchObject(refusal("rule.broken"));
  await scene.expectLaw([[`project:${project.id}`, owner]], async () => {
    const archived = await caller.tasks.archive({ taskId: task.id, version: 1 });
    expect(archived).toMatchObject({ archivedAt: expect.any(String), version: 2 });
    expect(await caller.tasks.archive({ taskId: task.id })).toEqual(archived); // sent twice
    await expect(caller.tasks.archive({ taskId: task.id, version: 1 })).rejects.toMatchObject(refusal("stale"));
    const second = await create();
    await expect(caller.tasks.unarchive({ taskId: task.id })).rejects.toMatchObject(refusal("rule.broken"));
    await caller.tasks.delete({ taskId: second.id });
    expect(await caller.tasks.unarchive({ taskId: task.id })).toMatchObject({ archivedAt: null, rank: task.rank });
  });
});
