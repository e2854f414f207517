import { expect } from "vitest";
import { refusal, test } from "../../testing/scene.ts";

test("a new task stands at the bottom of the first status, and its people watch it", async ({ scene }) => {
  const { project, owner, backlog, bug } = await scene.project();
  const editor = await scene.personWith("editor", project);
  const caller = scene.caller(owner);
  const channels = [
    [`project:${project.id}`, owner],
    [`user:${owner.userId}`, owner],
    [`user:${editor.userId}`, editor],
  ] as const;
  const [first, second] = await scene.expectLaw(channels, async () => [
    await caller.tasks.create({
      projectId: project.id,
      title: "  Trimmed  ",
      labelIds: [bug.id, bug.id],
      assigneeIds: [editor.userId.toUpperCase(), editor.userId],
    }),
    await caller.tasks.create({ projectId: project.id, title: "Second" }),
  ]);
  expect(first).toMatchObject({
    key: `${project.key}-1`,
    title: "Trimmed",
    statusId: backlog.id,
    labelIds: [bug.id],
    assigneeIds: [editor.userId],
    createdById: owner.userId,
    version: 1,
  });
  expect((second?.rank ?? "") > (first?.rank ?? "")).toBe(true);
  expect(await scene.changes(`user:${editor.userId}`)).toMatchObject([
    { type: "task.watched", patch: { taskId: first?.id, userId: editor.userId } },
  ]);
});

test("ids in upper case mean the same", async ({ scene }) => {
  const { project, owner, task, doing } = await scene.board();
  const upper = (id: string) => id.toUpperCase();
  const caller = scene.caller(owner);
  await scene.expectLaw([[`project:${project.id}`, owner]], async () => {
    const child = await caller.tasks.create({
      projectId: upper(project.id),
      title: "Child",
      statusId: upper(doing.id),
      parentId: upper(task.id),
    });
    expect(child).toMatchObject({ projectId: project.id, statusId: doing.id, parentId: task.id });
    await caller.tasks.move({ taskId: upper(task.id), toStatusId: upper(doing.id), afterTaskId: upper(child.id) });
    await caller.tasks.bulkUpdate({ taskIds: [upper(task.id), task.id], priority: "low" });
  });
});

test("a create that is refused tells why and gives its number back", async ({ scene }) => {
  const { project, owner, task, todo, done } = await scene.board();
  const elsewhere = await scene.board();
  const caller = scene.caller(owner);
  await scene.app.sql.query("update projects.statuses set wip_limit = 1 where id = $1", [todo.id]);
  const nobody = crypto.randomUUID();
  for (const [input, code] of [
    [{ statusId: elsewhere.todo.id }, "not-found"],
    [{ afterTaskId: nobody }, "not-found"],
    [{ statusId: done.id, afterTaskId: task.id }, "not-found"],
    [{ parentId: elsewhere.task.id }, "validation.failed"],
    [{ assigneeIds: [elsewhere.owner.userId] }, "validation.failed"],
    [{ labelIds: [elsewhere.bug.id] }, "validation.failed"],
    [{ statusId: todo.id }, "rule.broken"],
    [{ startOn: "2026-02-01", dueOn: "2026-01-01" }, "rule.broken"],
    [{ projectId: elsewhere.project.id }, "not-found"],
  ] as const) {
    const call = caller.tasks.create({ projectId: project.id, title: "Refused", ...input } as never);
    await expect(call, JSON.stringify(input)).rejects.toMatchObject(refusal(code));
  }
  expect(await caller.tasks.create({ projectId: project.id, title: "Next" })).toMatchObject({
    number: task.number + 1,
  });
});

test("a project without a status has no place for a task", async ({ scene }) => {
  const { project, owner } = await scene.project();
  await scene.app.sql.query("delete from projects.statuses where project_id = $1", [project.id]);
  await expect(scene.caller(owner).tasks.create({ projectId: project.id, title: "Lost" })).rejects.toMatchObject(
    refusal("rule.broken"),
  );
});
