import { expect } from "vitest";
import { discussion, insiderWith } from "../../testing/discussion.ts";
import { refusal, test } from "../../testing/scene.ts";

test("a deleted comment leaves its place, and the thread goes on", async ({ scene }) => {
  const { owner, project, task, caller } = await discussion(scene);
  const ann = await insiderWith(scene, { owner, project }, "commenter");
  const comment = await caller.comments.create({ taskId: task.id, body: `Secret @[a](user:${ann.userId})` });
  const reply = await scene.caller(ann).comments.create({ taskId: task.id, body: "Oh", threadId: comment.id });
  await scene.caller(ann).comments.react({ commentId: comment.id, emoji: "😮" });
  await caller.comments.pin({ commentId: comment.id });

  const channels = [
    [`task:${task.id}`, owner],
    [`user:${ann.userId}`, ann],
  ] as const;
  const deleted = await scene.expectLaw(channels, () => caller.comments.delete({ commentId: comment.id }));

  expect(deleted).toMatchObject({
    body: "",
    html: "",
    mentionedUserIds: [],
    reactions: [],
    pinnedAt: null,
    deletedAt: expect.any(String),
    authorId: owner.userId,
  });
  expect(JSON.stringify(await scene.snapshot(owner, `task:${task.id}`))).not.toContain("Secret");
  expect(await caller.comments.get({ commentId: reply.id })).toEqual(reply);
  expect(await caller.comments.delete({ commentId: comment.id })).toEqual(deleted); // repeated
  expect(
    await scene.caller(ann).comments.create({ taskId: task.id, body: "Still", threadId: comment.id }),
  ).toMatchObject({ threadId: comment.id });
  const gone = { cause: { code: "rule.broken", details: { rule: "comment.deleted" } } };
  for (const refused of [
    () => caller.comments.update({ commentId: comment.id, body: "Back" }),
    () => caller.comments.react({ commentId: comment.id, emoji: "👍" }),
    () => caller.comments.pin({ commentId: comment.id }),
    () => caller.comments.history({ commentId: comment.id }),
    () => caller.comments.create({ taskId: task.id, body: "What?", quotedId: comment.id }),
  ])
    await expect(refused()).rejects.toMatchObject(gone);
});

test.for([
  ["viewer", "access.denied"],
  ["commenter", "access.denied"],
  ["editor", "access.denied"],
  ["stranger", "not-found"],
  ["signed-out", "auth.required"],
] as const)("somebody else's comment: a %s gets %s", async ([who, code], { scene }) => {
  const { project, caller, comment } = await discussion(scene);
  const other = await scene.as(who, project);
  await expect(other.comments.delete({ commentId: comment.id })).rejects.toMatchObject(refusal(code));
  expect(await caller.comments.get({ commentId: comment.id })).toEqual(comment);
});

test("managers take back what others said; a stale look does not", async ({ scene }) => {
  const { project, comment, caller } = await discussion(scene);
  await caller.comments.update({ commentId: comment.id, body: "Changed" });
  const manager = await scene.as("manager", project);
  const input = { commentId: comment.id };
  await expect(manager.comments.delete({ ...input, version: 1 })).rejects.toMatchObject(refusal("stale"));
  expect(await manager.comments.delete({ ...input, version: 2 })).toMatchObject({ body: "", version: 3 });
});
