import { expect } from "vitest";
import { refusal, test } from "../../testing/scene.ts";

test("a task's history names old and new values, the latest first, in pages", async ({ scene }) => {
  const { project, owner, task, done } = await scene.board();
  const caller = scene.caller(owner);
  const editor = await scene.personWith("editor", project);
  await scene.caller(editor).tasks.update({ taskId: task.id, title: "Second", priority: "high" });
  await caller.tasks.move({ taskId: task.id, toStatusId: done.id, afterTaskId: null });
  await caller.tasks.assign({ taskId: task.id, addAssigneeIds: [editor.userId] });

  const first = await caller.tasks.history({ taskId: task.id, limit: 3 });
  expect(first.items).toMatchObject([
    { type: "task.assigned", fields: [{ field: "assigneeIds", from: [], to: [editor.userId] }] },
    { type: "task.moved", actorId: owner.userId },
    { type: "task.updated", actorId: editor.userId },
  ]);
  expect(first.items[1]?.fields).toContainEqual({ field: "statusId", from: task.statusId, to: done.id });
  expect(first.items[2]?.fields).toEqual([
    { field: "title", from: "First", to: "Second" },
    { field: "priority", from: "none", to: "high" },
  ]);
  const second = await caller.tasks.history({ taskId: task.id, cursor: first.nextCursor ?? "" });
  expect(second).toMatchObject({ items: [{ type: "task.created", fields: [] }], nextCursor: null });

  const stranger = await scene.as("stranger", project);
  await expect(stranger.tasks.history({ taskId: task.id })).rejects.toMatchObject(refusal("not-found"));
  await expect(caller.tasks.history({ taskId: task.id, cursor: "e30" })).rejects.toMatchObject(
    refusal("validation.failed"),
  );
});
