import { expect } from "vitest";
import { refusal, type Scene, test } from "../../testing/scene.ts";

const ruled = (rule: string) => ({ cause: { code: "rule.broken", details: { rule } } });

/** A board whose project heeds its transitions. */
async function guarded(scene: Scene, workflow: "guarded" | "restricted") {
  const board = await scene.board();
  const caller = scene.caller(board.owner);
  await caller.projects.update({ projectId: board.project.id, settings: { workflow } });
  const way = (fromStatusId: string | null, toStatusId: string, rules = {}) =>
    caller.transitions.create({ projectId: board.project.id, fromStatusId, toStatusId, ...rules });
  return { ...board, caller, way, projectId: board.project.id };
}

test("transitions are made, changed and deleted", async ({ scene }) => {
  const { caller, owner, projectId, way, todo, doing, done, backlog } = await guarded(scene, "guarded");
  const elsewhere = await scene.project();
  const laws = [[`project:${projectId}`, owner]] as const;
  const field = await caller.fields.create({ projectId, name: "Reason", kind: "text" });
  const rules = { allowed: ["manager", "assignee", "manager"], required: ["dueOn"], requiredFieldIds: [field.id] };
  const made = await scene.expectLaw(laws, () => way(todo.id, done.id, rules));
  expect(made).toMatchObject({ allowed: ["assignee", "manager"], required: ["dueOn"], requiredFieldIds: [field.id] });
  await scene.expectLaw(laws, () => way(null, doing.id));
  for (const [call, code] of [
    [() => way(todo.id, done.id), "conflict"],
    [() => way(null, doing.id), "conflict"],
    [() => way(todo.id, todo.id), "validation.failed"],
    [() => way(elsewhere.todo.id, done.id), "validation.failed"],
    [() => way(todo.id, elsewhere.done.id), "validation.failed"],
    [() => way(todo.id, backlog.id, { requiredFieldIds: [crypto.randomUUID()] }), "validation.failed"],
  ] as const)
    await expect(call(), call.toString()).rejects.toMatchObject(refusal(code));

  const update = { transitionId: made.id, allowed: [], version: 1 };
  expect(await scene.expectLaw(laws, () => caller.transitions.update(update))).toMatchObject({
    allowed: [],
    required: ["dueOn"],
    version: 2,
  });
  await expect(caller.transitions.update(update)).rejects.toMatchObject(refusal("stale"));
  expect(await caller.transitions.update({ transitionId: made.id, allowed: [] })).toMatchObject({ version: 2 });
  await scene.expectLaw(laws, () => caller.fields.delete({ fieldId: field.id }));
  const { items } = await caller.transitions.list({ projectId });
  expect(items.find(({ id }) => id === made.id)).toMatchObject({ requiredFieldIds: [], version: 3 });
  await scene.expectLaw(laws, () => caller.statuses.delete({ statusId: doing.id }));
  expect((await caller.transitions.list({ projectId })).items).toHaveLength(1);
  await scene.expectLaw(laws, () => caller.transitions.delete({ transitionId: made.id }));
  await expect(caller.transitions.delete({ transitionId: made.id })).rejects.toMatchObject(refusal("not-found"));
});

test("in a restricted workflow tasks go where a transition leads, and begin where it starts", async ({ scene }) => {
  const { caller, projectId, way, task, backlog, todo, doing, done } = await guarded(scene, "restricted");
  const taskId = task.id;
  const to = (statusId: string) => caller.tasks.move({ taskId, toStatusId: statusId, afterTaskId: null });
  await way(todo.id, doing.id);
  await way(null, backlog.id);
  await expect(to(done.id)).rejects.toMatchObject(ruled("transition.none"));
  await expect(caller.tasks.bulkUpdate({ taskIds: [taskId], toStatusId: done.id })).rejects.toMatchObject(
    ruled("transition.none"),
  );
  expect(await caller.tasks.get({ taskId })).toEqual(task);
  expect(await to(doing.id)).toMatchObject({ statusId: doing.id });
  expect(await to(doing.id)).toMatchObject({ statusId: doing.id }); // within a status nothing is asked
  await expect(to(todo.id)).rejects.toMatchObject(ruled("transition.none"));

  const late = caller.tasks.create({ projectId, title: "Late", statusId: done.id });
  await expect(late).rejects.toMatchObject(ruled("transition.none"));
  expect(await caller.tasks.create({ projectId, title: "New" })).toMatchObject({ statusId: backlog.id });
  await caller.projects.update({ projectId, settings: { defaults: { statusId: todo.id } } });
  expect(await caller.tasks.create({ projectId, title: "Newer" })).toMatchObject({ statusId: todo.id });
  expect((await caller.tasks.copy({ taskId })).task).toMatchObject({ statusId: todo.id });
  expect(await to(backlog.id)).toMatchObject({ statusId: backlog.id });
  expect((await caller.tasks.copy({ taskId })).task).toMatchObject({ statusId: backlog.id });

  // What managers do to the board itself takes the tasks along, whatever transitions say.
  await caller.statuses.delete({ statusId: backlog.id, moveTasksToStatusId: done.id });
  expect(await caller.tasks.get({ taskId })).toMatchObject({ statusId: done.id });
});

test("a transition says who may, and what a task must have", async ({ scene }) => {
  const { caller, project, projectId, way, task, todo, doing, done } = await guarded(scene, "guarded");
  const taskId = task.id;
  const editor = await scene.personWith("editor", project);
  const editing = scene.caller(editor);
  const field = await caller.fields.create({ projectId, name: "Reason", kind: "text" });
  await way(null, done.id, { allowed: ["manager"] });
  await way(todo.id, doing.id, { allowed: ["assignee"], required: ["estimateMinutes"], requiredFieldIds: [field.id] });
  const move = (by: typeof caller, statusId: string) =>
    by.tasks.move({ taskId, toStatusId: statusId, afterTaskId: null });

  await expect(move(editing, done.id)).rejects.toMatchObject(refusal("access.denied"));
  await expect(editing.tasks.create({ projectId, title: "Done at once", statusId: done.id })).rejects.toMatchObject(
    refusal("access.denied"),
  );
  await expect(move(editing, doing.id)).rejects.toMatchObject(refusal("access.denied"));
  await caller.tasks.assign({ taskId, assigneeIds: [editor.userId] });
  await expect(move(editing, doing.id)).rejects.toMatchObject({
    cause: { details: { rule: "transition.required", missing: ["estimateMinutes", `fields.${field.id}`] } },
  });
  // Filled in and moved at once.
  const { tasks } = await editing.tasks.bulkUpdate({
    taskIds: [taskId],
    toStatusId: doing.id,
    estimateMinutes: 0,
    fields: { [field.id]: "Because" },
  });
  expect(tasks).toMatchObject([{ statusId: doing.id, estimateMinutes: 0 }]);
  await expect(move(editing, done.id)).rejects.toMatchObject(refusal("access.denied"));
  expect(await move(caller, done.id)).toMatchObject({ statusId: done.id });
  expect(await move(editing, todo.id)).toMatchObject({ statusId: todo.id }); // no transition speaks of it

  await caller.projects.update({ projectId, settings: { workflow: "free" } });
  expect(await move(editing, done.id)).toMatchObject({ statusId: done.id });
});

test("what waits, or has open sub-tasks, is not done before them where the project says so", async ({ scene }) => {
  const { owner, project, task, done, doing, todo } = await scene.board();
  const caller = scene.caller(owner);
  const projectId = project.id;
  const create = (title: string, parentId: string | null = null) =>
    caller.tasks.create({ projectId, title, statusId: todo.id, parentId });
  const [blocker, child] = [await create("Blocker"), await create("Child", task.id)];
  await caller.taskLinks.create({ taskId: blocker.id, kind: "blocks", otherTaskId: task.id });
  const finish = (taskId: string) => caller.tasks.move({ taskId, toStatusId: done.id, afterTaskId: null });
  const bulk = (taskIds: string[]) => caller.tasks.bulkUpdate({ taskIds, toStatusId: done.id });

  await caller.projects.update({ projectId, settings: { blockedStayOpen: true } });
  await expect(finish(task.id)).rejects.toMatchObject(ruled("task.blocked"));
  await expect(bulk([task.id, child.id])).rejects.toMatchObject(ruled("task.blocked"));
  await caller.tasks.move({ taskId: task.id, toStatusId: doing.id, afterTaskId: null });
  await caller.projects.update({ projectId, settings: { blockedStayOpen: false, subtasksFirst: true } });
  await expect(finish(task.id)).rejects.toMatchObject(ruled("task.subtasks"));
  await caller.projects.update({ projectId, settings: { blockedStayOpen: true } });
  await expect(bulk([task.id, blocker.id])).rejects.toMatchObject(ruled("task.subtasks"));
  await scene.expectLaw([[`project:${projectId}`, owner]], () => bulk([task.id, blocker.id, child.id]));
  expect(await caller.tasks.get({ taskId: task.id })).toMatchObject({ completedAt: expect.any(String) });
});

test("a full status takes more from whom may exceed its limit and says so", async ({ scene }) => {
  const { owner, project, task, doing, todo } = await scene.board();
  const caller = scene.caller(owner);
  const projectId = project.id;
  const editing = await scene.as("editor", project);
  await caller.statuses.update({ statusId: doing.id, wipLimit: 1 });
  await caller.tasks.create({ projectId, title: "Fills it", statusId: doing.id });
  const other = await caller.tasks.create({ projectId, title: "Other", statusId: todo.id });
  const calls = (by: typeof caller, overLimit: boolean) => [
    () => by.tasks.create({ projectId, title: "More", statusId: doing.id, overLimit }),
    () => by.tasks.move({ taskId: task.id, toStatusId: doing.id, afterTaskId: null, overLimit }),
    () => by.tasks.bulkUpdate({ taskIds: [other.id], toStatusId: doing.id, overLimit }),
  ];
  for (const call of calls(caller, false)) await expect(call()).rejects.toMatchObject(ruled("status.wip-limit"));
  for (const call of calls(editing, true)) await expect(call()).rejects.toMatchObject(refusal("access.denied"));
  for (const call of calls(caller, true)) await scene.expectLaw<unknown>([[`project:${projectId}`, owner]], call);
  expect((await caller.tasks.list({ projectId, statusIds: [doing.id] })).items).toHaveLength(4);
});

test("new tasks have what the project's settings give them", async ({ scene }) => {
  const { owner, project, doing } = await scene.project();
  const caller = scene.caller(owner);
  const projectId = project.id;
  const defaults = { statusId: doing.id, priority: "high", dueInDays: 3 } as const;
  await caller.projects.update({ projectId, settings: { defaults } });
  const task = await caller.tasks.create({ projectId, title: "Usual" });
  const dueOn = new Date(Date.parse(task.createdAt) + 3 * 86_400_000).toISOString().slice(0, 10);
  expect(task).toMatchObject({ statusId: doing.id, priority: "high", dueOn });
  const own = { priority: "low", dueOn: null } as const;
  expect(await caller.tasks.create({ projectId, title: "Own", ...own })).toMatchObject(own);
  const later = await caller.tasks.create({ projectId, title: "Later", startOn: "2999-01-01" });
  expect(later).toMatchObject({ startOn: "2999-01-01", dueOn: "2999-01-01" });
});
