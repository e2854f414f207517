import { expect } from "vitest";
import { discussion } from "../../testing/discussion.ts";
import { refusal, test } from "../../testing/scene.ts";

test("a thread is resolved and reopened, each once", async ({ scene }) => {
  const { owner, project, task, caller, comment } = await discussion(scene);
  const commenter = await scene.personWith("commenter", project);
  const head = await scene.head(`task:${task.id}`);
  const [resolved, reopened] = await scene.expectLaw([[`task:${task.id}`, owner]], async () => {
    const first = await scene.caller(commenter).comments.resolve({ commentId: comment.id, version: 1 });
    expect(await caller.comments.resolve({ commentId: comment.id })).toEqual(first); // repeated
    const second = await caller.comments.reopen({ commentId: comment.id });
    expect(await caller.comments.reopen({ commentId: comment.id })).toEqual(second);
    return [first, second];
  });
  expect(resolved).toMatchObject({ resolvedAt: expect.any(String), resolvedById: commenter.userId, version: 2 });
  expect(reopened).toMatchObject({ resolvedAt: null, resolvedById: null, version: 3 });
  expect((await scene.changes(`task:${task.id}`, head)).map(({ type }) => type)).toEqual([
    "comment.resolved",
    "comment.reopened",
  ]);
  const reply = await caller.comments.create({ taskId: task.id, body: "Well", threadId: comment.id });
  await expect(caller.comments.resolve({ commentId: reply.id })).rejects.toMatchObject({
    cause: { code: "rule.broken", details: { rule: "comment.not-a-thread", threadId: comment.id } },
  });
  await expect(caller.comments.resolve({ commentId: comment.id, version: 1 })).rejects.toMatchObject(refusal("stale"));
});

test("a comment is pinned and let go, each once", async ({ scene }) => {
  const { owner, task, caller, comment } = await discussion(scene);
  const other = await caller.comments.create({ taskId: task.id, body: "Other" });
  await scene.expectLaw([[`task:${task.id}`, owner]], async () => {
    const pinned = await caller.comments.pin({ commentId: other.id, version: 1 });
    expect(pinned).toMatchObject({ pinnedById: owner.userId, version: 2 });
    expect(await caller.comments.pin({ commentId: other.id })).toEqual(pinned);
  });
  expect((await caller.comments.list({ taskId: task.id, pinned: true })).items).toMatchObject([{ id: other.id }]);
  expect((await caller.comments.list({ taskId: task.id, pinned: false })).items).toMatchObject([{ id: comment.id }]);
  const unpinned = await caller.comments.unpin({ commentId: other.id });
  expect(unpinned).toMatchObject({ pinnedAt: null, pinnedById: null, version: 3 });
  expect(await caller.comments.unpin({ commentId: other.id })).toEqual(unpinned);
});

test("reactions: each person each emoji once, in the order in which they came", async ({ scene }) => {
  const { owner, project, task, caller, comment } = await discussion(scene);
  const ann = await scene.personWith("commenter", project);
  const [first, second] = [owner.userId, ann.userId];
  const react = (emoji: string, who = caller) => who.comments.react({ commentId: comment.id, emoji });
  await scene.expectLaw([[`task:${task.id}`, owner]], async () => {
    await react("👍");
    await react("👍");
    await react("🇪🇺", scene.caller(ann));
    expect(await react("👍", scene.caller(ann))).toMatchObject({
      reactions: [
        { emoji: "👍", userIds: [first, second] },
        { emoji: "🇪🇺", userIds: [second] },
      ],
      version: 1,
    });
    const left = await caller.comments.unreact({ commentId: comment.id, emoji: "👍" });
    expect(left.reactions).toEqual([
      { emoji: "🇪🇺", userIds: [second] },
      { emoji: "👍", userIds: [second] },
    ]);
    expect(await caller.comments.unreact({ commentId: comment.id, emoji: "👍" })).toEqual(left); // repeated
  });
  expect((await scene.changes(`task:${task.id}`)).filter(({ type }) => type === "comment.reacted")).toHaveLength(4);
});

test("what is no emoji, or one kind too many, is refused", async ({ scene }) => {
  const { caller, comment } = await discussion(scene);
  const react = (emoji: string) => caller.comments.react({ commentId: comment.id, emoji });
  for (const emoji of ["", "a", "1", "👍👍", "<b>", "👍 "])
    await expect(react(emoji)).rejects.toMatchObject({ code: "BAD_REQUEST" });
  const animals = [..."🐶🐱🐭🐹🐰🦊🐻🐼🐨🐯🦁🐮🐷🐸🐵🐔🐧🐦🐤🦆"];
  await Promise.all(animals.map(react));
  await expect(react("🦉")).rejects.toMatchObject(refusal("rule.broken"));
  expect((await react("🐶")).reactions).toHaveLength(20);
});

test.for([
  ["react", "viewer", "access.denied"],
  ["resolve", "viewer", "access.denied"],
  ["pin", "viewer", "access.denied"],
  ["pin", "commenter", "access.denied"],
  ["react", "stranger", "not-found"],
  ["resolve", "stranger", "not-found"],
  ["pin", "stranger", "not-found"],
] as const)("to %s as a %s fails with %s", async ([verb, who, code], { scene }) => {
  const { project, task, comment } = await discussion(scene);
  const caller = await scene.as(who, project);
  const head = await scene.head(`task:${task.id}`);
  const act = { commentId: comment.id, emoji: "👍" };
  const call = verb === "react" ? caller.comments.react(act) : caller.comments[verb]({ commentId: comment.id });
  await expect(call).rejects.toMatchObject(refusal(code));
  expect(await scene.head(`task:${task.id}`)).toBe(head);
});
