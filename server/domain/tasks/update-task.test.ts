import { expect } from "vitest";
import { refusal, test } from "../../testing/scene.ts";

test("an update changes what is given, and nothing new changes nothing", async ({ scene }) => {
  const { project, owner, task } = await scene.board();
  const caller = scene.caller(owner);
  const parent = await caller.tasks.create({ projectId: project.id, title: "Parent" });
  const wanted = {
    title: "Renamed",
    description: "*Why*",
    priority: "urgent" as const,
    parentId: parent.id,
    startOn: "2026-01-01",
    dueOn: "2026-02-01",
    estimateMinutes: 90,
  };
  await scene.expectLaw([[`project:${project.id}`, owner]], async () => {
    const updated = await caller.tasks.update({ taskId: task.id, version: 1, ...wanted });
    expect(updated).toEqual({ ...task, ...wanted, version: 2, updatedAt: expect.any(String) });
    const head = await scene.head(`project:${project.id}`);
    expect(await caller.tasks.update({ taskId: task.id, ...wanted })).toEqual(updated);
    expect(await scene.head(`project:${project.id}`)).toBe(head);
    await expect(caller.tasks.update({ taskId: task.id, version: 1, title: "Late" })).rejects.toMatchObject({
      cause: { code: "stale", details: { current: updated } },
    });
    expect(await caller.tasks.update({ taskId: task.id, parentId: null, dueOn: null })).toMatchObject({
      parentId: null,
      dueOn: null,
      version: 3,
    });
  });
});

test("an update that breaks a rule changes nothing", async ({ scene }) => {
  const { project, owner, task } = await scene.board();
  const elsewhere = await scene.board();
  const caller = scene.caller(owner);
  const child = await caller.tasks.create({ projectId: project.id, title: "Child", parentId: task.id });
  const grandchild = await caller.tasks.create({ projectId: project.id, title: "Grandchild", parentId: child.id });
  for (const [input, code] of [
    [{ parentId: task.id }, "rule.broken"],
    [{ parentId: grandchild.id }, "rule.broken"],
    [{ parentId: elsewhere.task.id }, "validation.failed"],
    [{ parentId: crypto.randomUUID() }, "validation.failed"],
    [{ startOn: "2026-02-02", dueOn: "2026-02-01" }, "rule.broken"],
  ] as const) {
    const call = caller.tasks.update({ taskId: task.id, title: "Changed", ...input });
    await expect(call, JSON.stringify(input)).rejects.toMatchObject(refusal(code));
  }
  expect(await caller.tasks.get({ taskId: task.id })).toEqual(task);
});

test("an archived project keeps its tasks as they are", async ({ scene }) => {
  const { project, owner, task, bug, done } = await scene.board();
  const caller = scene.caller(owner);
  await scene.app.sql.query("update projects.projects set archived_at = now() where id = $1", [project.id]);
  for (const call of [
    () => caller.tasks.create({ projectId: project.id, title: "New" }),
    () => caller.tasks.update({ taskId: task.id, title: "Changed" }),
    () => caller.tasks.move({ taskId: task.id, toStatusId: done.id, afterTaskId: null }),
    () => caller.tasks.label({ taskId: task.id, addLabelIds: [bug.id] }),
    () => caller.tasks.delete({ taskId: task.id }),
    () => caller.tasks.copy({ taskId: task.id }),
  ]) {
    await expect(call()).rejects.toMatchObject(refusal("rule.broken"));
  }
  expect(await caller.tasks.get({ taskId: task.id })).toEqual(task);
});

const roles = [
  ["viewer", "access.denied"],
  ["commenter", "access.denied"],
  ["stranger", "not-found"],
  ["signed-out", "auth.required"],
] as const;

test.for(roles)(
  "a %s who changes a task in any way fails with %s and changes nothing",
  async ([who, code], { scene }) => {
    const { project, owner, task, bug, done } = await scene.board();
    const mine = scene.caller(owner);
    const other = await mine.tasks.create({ projectId: project.id, title: "Other" });
    const link = await mine.taskLinks.create({ taskId: task.id, kind: "blocks", otherTaskId: other.id });
    const before = await scene.snapshot(owner, `project:${project.id}`);
    const caller = await scene.as(who, project);
    const taskId = task.id;
    for (const call of [
      () => caller.tasks.create({ projectId: project.id, title: "New" }),
      () => caller.tasks.update({ taskId, title: "Changed" }),
      () => caller.tasks.assign({ taskId, assigneeIds: [] }),
      () => caller.tasks.label({ taskId, addLabelIds: [bug.id] }),
      () => caller.tasks.archive({ taskId }),
      () => caller.tasks.unarchive({ taskId }),
      () => caller.tasks.bulkUpdate({ taskIds: [taskId], toStatusId: done.id }),
      () => caller.tasks.copy({ taskId }),
      () => caller.tasks.delete({ taskId }),
      () => caller.tasks.restore({ taskId }),
      () => caller.tasks.purge({ taskId }),
      () => caller.taskLinks.create({ taskId, kind: "blocks", otherTaskId: other.id }),
      () => caller.taskLinks.delete({ linkId: link.id }),
    ]) {
      await expect(call(), call.toString()).rejects.toMatchObject(refusal(code));
    }
    const { entities } = (await scene.snapshot(owner, `project:${project.id}`)).toJSON() as {
      entities: { task: unknown };
    };
    expect(entities.task).toEqual((before.toJSON() as { entities: { task: unknown } }).entities.task);
  },
);
