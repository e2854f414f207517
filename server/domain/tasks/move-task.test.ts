import { expect } from "vitest";
import { refusal, test } from "../../testing/scene.ts";

test("moving into a done status completes the task and tells the board", async ({ scene }) => {
  const { project, done, task } = await scene.board();
  const editor = await scene.as("editor", project);
  const head = await scene.head(`project:${project.id}`);
  const move = { taskId: task.id, toStatusId: done.id, afterTaskId: null, version: task.version };

  const moved = await editor.tasks.move(move);

  expect(moved).toMatchObject({ statusId: done.id, completedAt: expect.any(String), version: task.version + 1 });
  expect(await scene.changes(`project:${project.id}`, head)).toMatchObject([
    { type: "task.moved", patch: { statusId: done.id, version: moved.version } },
  ]);
  await expect(editor.tasks.move(move)).rejects.toMatchObject(refusal("stale")); // sent twice
});

test("a move sent again with its mutationId answers the same and acts once", async ({ scene }) => {
  const { project, owner, done, task } = await scene.board();
  const caller = scene.caller(owner);
  const move = { taskId: task.id, toStatusId: done.id, afterTaskId: null, mutationId: crypto.randomUUID() };
  const answers = await Promise.all([1, 2, 3, 4, 5].map(() => caller.tasks.move(move)));
  for (const answer of answers) expect(answer).toEqual(answers[0]);
  expect(await scene.changes(`project:${project.id}`)).toHaveLength(2); // created, moved
  await expect(caller.tasks.move({ ...move, toStatusId: task.statusId })).rejects.toMatchObject(refusal("conflict"));
});

test.for([
  ["viewer", "access.denied"],
  ["commenter", "access.denied"],
  ["stranger", "not-found"],
  ["signed-out", "auth.required"],
] as const)("a move by a %s fails with %s and changes nothing", async ([who, code], { scene }) => {
  const { project, owner, done, task } = await scene.board();
  const caller = await scene.as(who, project);
  await expect(caller.tasks.move({ taskId: task.id, toStatusId: done.id, afterTaskId: null })).rejects.toMatchObject(
    refusal(code),
  );
  expect(await scene.caller(owner).tasks.get({ taskId: task.id })).toEqual(task);
});
