import { expect } from "vitest";
import { refusal, test } from "../../testing/scene.ts";

test("many tasks change at once, each telling one change", async ({ scene }) => {
  const { project, owner, task, todo, done, bug, feature } = await scene.board();
  const caller = scene.caller(owner);
  const editor = await scene.personWith("editor", project);
  const last = await caller.tasks.create({ projectId: project.id, title: "Is done", statusId: done.id });
  const second = await caller.tasks.create({
    projectId: project.id,
    title: "2",
    statusId: todo.id,
    labelIds: [bug.id],
  });
  const third = await caller.tasks.create({ projectId: project.id, title: "3", statusId: todo.id });
  const head = await scene.head(`project:${project.id}`);
  const input = {
    taskIds: [third.id, task.id, last.id, second.id],
    priority: "high" as const,
    dueOn: "2026-12-24",
    toStatusId: done.id,
    addLabelIds: [feature.id],
    removeLabelIds: [bug.id],
    addAssigneeIds: [editor.userId],
  };
  const channels = [
    [`project:${project.id}`, owner],
    [`user:${editor.userId}`, editor],
  ] as const;
  const { tasks } = await scene.expectLaw(channels, () => caller.tasks.bulkUpdate(input));

  expect(tasks.map(({ id }) => id)).toEqual(input.taskIds);
  for (const changed of tasks) {
    expect(changed).toMatchObject({
      statusId: done.id,
      priority: "high",
      completedAt: expect.any(String),
      labelIds: [feature.id],
      assigneeIds: [editor.userId],
      version: 2,
    });
  }
  const { items } = await caller.tasks.list({ projectId: project.id, statusIds: [done.id] });
  expect(items.map(({ id }) => id)).toEqual([last.id, third.id, task.id, second.id]);
  expect(await scene.changes(`project:${project.id}`, head)).toHaveLength(4);
  expect(await caller.tasks.bulkUpdate(input)).toEqual({ tasks }); // changes nothing
  expect(await scene.changes(`project:${project.id}`, head)).toHaveLength(4);
});

test("one kind of change tells its own fact", async ({ scene }) => {
  const { project, owner, task, bug, done } = await scene.board();
  const caller = scene.caller(owner);
  const taskIds = [task.id];
  for (const [change, type] of [
    [{ addLabelIds: [bug.id] }, "task.labelled"],
    [{ addAssigneeIds: [owner.userId] }, "task.assigned"],
    [{ archived: true }, "task.archived"],
    [{ archived: false }, "task.unarchived"],
    [{ estimateMinutes: 30 }, "task.updated"],
    [{ toStatusId: done.id }, "task.moved"],
    [{ estimateMinutes: null, removeLabelIds: [bug.id] }, "task.updated"],
  ] as const) {
    await caller.tasks.bulkUpdate({ taskIds, ...change } as Parameters<typeof caller.tasks.bulkUpdate>[0]);
    expect((await scene.changes(`project:${project.id}`)).at(-1)).toMatchObject({ type, entityId: task.id });
  }
});

test("all or none: one that is refused keeps the others as they are, and is named", async ({ scene }) => {
  const { project, owner, organization, task, doing } = await scene.board();
  const caller = scene.caller(owner);
  const elsewhere = await scene.project({ organization, owner });
  const foreign = await caller.tasks.create({ projectId: elsewhere.project.id, title: "Elsewhere" });
  const started = await caller.tasks.create({ projectId: project.id, title: "Started", startOn: "2026-06-01" });
  const trashed = await caller.tasks.create({ projectId: project.id, title: "Trashed" });
  await caller.tasks.delete({ taskId: trashed.id });
  await scene.app.sql.query("update projects.statuses set wip_limit = 1 where id = $1", [doing.id]);
  const missing = crypto.randomUUID();

  for (const [other, change, code, details] of [
    [missing, {}, "not-found", { id: missing }],
    [foreign.id, {}, "validation.failed", {}],
    [trashed.id, {}, "rule.broken", { taskId: trashed.id }],
    [started.id, { dueOn: "2026-05-01" }, "rule.broken", { taskId: started.id }],
    [started.id, { toStatusId: doing.id }, "rule.broken", { statusId: doing.id }],
    [started.id, { toStatusId: elsewhere.todo.id }, "not-found", { id: elsewhere.todo.id }],
    [started.id, { addLabelIds: [elsewhere.bug.id] }, "validation.failed", {}],
  ] as const) {
    const call = caller.tasks.bulkUpdate({ taskIds: [task.id, other], priority: "low", ...change } as never);
    await expect(call).rejects.toMatchObject({ cause: { code, details } });
  }
  expect(await caller.tasks.get({ taskId: task.id })).toEqual(task);
  const viewer = await scene.as("viewer", project);
  await expect(viewer.tasks.bulkUpdate({ taskIds: [task.id] })).rejects.toMatchObject(refusal("access.denied"));
});
