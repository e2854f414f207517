import { expect } from "vitest";
import { refusal, test } from "../../testing/scene.ts";

const span = { startsOn: "2026-01-05", endsOn: "2026-01-18" };

test("a sprint is planned, changed, started and closed, and hands over what is unfinished", async ({ scene }) => {
  const { project, owner, done, todo } = await scene.project();
  const { sprints, tasks } = scene.caller(owner);
  const projectId = project.id;
  const laws = [[`project:${projectId}`, owner]] as const;

  const first = await scene.expectLaw(laws, () => sprints.create({ projectId, name: "First", ...span }));
  expect(first).toMatchObject({ state: "planned", startedAt: null, closedAt: null, goal: "", ...span, version: 1 });
  const next = await sprints.create({ projectId, name: "Next", ...span });
  const update = { sprintId: first.id, goal: "*Ship it*", version: 1 };
  expect(await scene.expectLaw(laws, () => sprints.update(update))).toMatchObject({ goal: "*Ship it*", version: 2 });
  await expect(sprints.update(update)).rejects.toMatchObject(refusal("stale"));

  const open = await tasks.create({ projectId, title: "Open", statusId: todo.id, sprintId: first.id });
  const ended = await tasks.create({ projectId, title: "Ended", statusId: done.id, sprintId: first.id });
  const trashed = await tasks.create({ projectId, title: "Trashed", sprintId: first.id });
  await tasks.delete({ taskId: trashed.id });

  const started = await scene.expectLaw(laws, () => sprints.start({ sprintId: first.id }));
  expect(started).toMatchObject({ state: "active", startedAt: expect.any(String), version: 3 });
  expect(await sprints.start({ sprintId: first.id })).toEqual(started);
  await expect(sprints.start({ sprintId: next.id })).rejects.toMatchObject(refusal("rule.broken"));

  const since = await scene.head(`project:${projectId}`);
  const close = { sprintId: first.id, handOverToSprintId: next.id };
  const closed = await scene.expectLaw(laws, () => sprints.close(close));
  expect(closed).toMatchObject({ state: "closed", closedAt: expect.any(String), version: 4 });
  expect(await sprints.close(close)).toEqual(closed);
  expect(await scene.changes(`project:${projectId}`, since)).toMatchObject([
    { type: "task.updated", entityId: open.id, patch: { sprintId: next.id } },
    { type: "sprint.closed", entityId: first.id, patch: { state: "closed" } },
  ]);
  expect(await tasks.get({ taskId: ended.id })).toMatchObject({ sprintId: first.id });
  const { tasks: back } = await tasks.restore({ taskId: trashed.id });
  expect(back).toMatchObject([{ sprintId: next.id }]);

  for (const call of [
    () => sprints.update({ sprintId: first.id, name: "Other" }),
    () => sprints.start({ sprintId: first.id }),
    () => tasks.update({ taskId: open.id, sprintId: first.id }),
    () => tasks.create({ projectId, title: "Late", sprintId: first.id }),
    () => tasks.bulkUpdate({ taskIds: [open.id], sprintId: first.id }),
  ])
    await expect(call(), call.toString()).rejects.toMatchObject(refusal("rule.broken"));
  expect(await tasks.update({ taskId: ended.id, sprintId: first.id, title: "Over" })).toMatchObject({ title: "Over" });
});

test("a deleted sprint leaves its tasks in none", async ({ scene }) => {
  const { project, owner } = await scene.project();
  const { sprints, tasks } = scene.caller(owner);
  const sprint = await sprints.create({ projectId: project.id, name: "Gone", ...span });
  const task = await tasks.create({ projectId: project.id, title: "Stays", sprintId: sprint.id });
  await scene.expectLaw([[`project:${project.id}`, owner]], () => sprints.delete({ sprintId: sprint.id }));
  expect(await tasks.get({ taskId: task.id })).toMatchObject({ sprintId: null, version: 2 });
  await expect(sprints.delete({ sprintId: sprint.id })).rejects.toMatchObject(refusal("not-found"));
});

test("what a sprint must not be is refused", async ({ scene }) => {
  const { project, owner } = await scene.project();
  const elsewhere = await scene.project();
  const { sprints, tasks } = scene.caller(owner);
  const projectId = project.id;
  const sprint = await sprints.create({ projectId, name: "Sprint", ...span });
  const foreign = await scene.caller(elsewhere.owner).sprints.create({
    projectId: elsewhere.project.id,
    name: "Foreign",
    ...span,
  });
  const task = await tasks.create({ projectId, title: "Task" });
  for (const [call, code] of [
    [() => sprints.create({ projectId, name: "sprint", ...span }), "conflict"],
    [() => sprints.create({ projectId, name: "Back", startsOn: "2026-02-02", endsOn: "2026-02-01" }), "rule.broken"],
    [() => sprints.update({ sprintId: sprint.id, endsOn: "2026-01-01" }), "rule.broken"],
    [() => sprints.close({ sprintId: sprint.id, handOverToSprintId: null }), "rule.broken"],
    [() => sprints.close({ sprintId: sprint.id, handOverToSprintId: sprint.id }), "validation.failed"],
    [() => tasks.update({ taskId: task.id, sprintId: foreign.id }), "validation.failed"],
    [() => tasks.create({ projectId, title: "X", sprintId: foreign.id }), "validation.failed"],
    [() => tasks.bulkUpdate({ taskIds: [task.id], sprintId: crypto.randomUUID() }), "validation.failed"],
  ] as const)
    await expect(call(), call.toString()).rejects.toMatchObject(refusal(code));
  await sprints.start({ sprintId: sprint.id });
  const away = sprints.close({ sprintId: sprint.id, handOverToSprintId: foreign.id });
  await expect(away).rejects.toMatchObject(refusal("not-found"));
});

test("two who put tasks into a sprint while it closes leave none behind in it", async ({ scene }) => {
  const { project, owner } = await scene.project();
  const { sprints, tasks } = scene.caller(owner);
  const projectId = project.id;
  const sprint = await sprints.create({ projectId, name: "Racing", ...span });
  await sprints.start({ sprintId: sprint.id });
  await Promise.allSettled([
    ...[1, 2, 3, 4].map((at) => tasks.create({ projectId, title: `Task ${at}`, sprintId: sprint.id })),
    sprints.close({ sprintId: sprint.id, handOverToSprintId: null }),
    ...[5, 6, 7, 8].map((at) => tasks.create({ projectId, title: `Task ${at}`, sprintId: sprint.id })),
  ]);
  expect(await sprints.list({ projectId })).toMatchObject({ items: [{ state: "closed" }] });
  const { items } = await tasks.list({ projectId, sprintIds: [sprint.id] });
  expect(items).toEqual([]);
});
