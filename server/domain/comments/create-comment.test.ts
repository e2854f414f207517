import { expect } from "vitest";
import { discussion, insiderWith } from "../../testing/discussion.ts";
import { refusal, test } from "../../testing/scene.ts";

test("a comment reaches the task's channel, and its author watches the task", async ({ scene }) => {
  const { project, task, owner } = await scene.board();
  const commenter = await scene.personWith("commenter", project);
  const channels = [
    [`task:${task.id}`, owner],
    [`task-internal:${task.id}`, owner],
    [`project:${project.id}`, owner],
    [`user:${commenter.userId}`, commenter],
  ] as const;

  const comment = await scene.expectLaw(channels, () =>
    scene.caller(commenter).comments.create({ taskId: task.id, body: "**Well** done" }),
  );

  expect(comment).toMatchObject({
    taskId: task.id,
    projectId: project.id,
    threadId: null,
    internal: false,
    authorId: commenter.userId,
    authorName: expect.stringContaining("Person"),
    body: "**Well** done",
    html: "<p><strong>Well</strong> done</p>",
    mentionedUserIds: [],
    reactions: [],
    version: 1,
  });
  expect(await scene.changes(`task:${task.id}`)).toMatchObject([
    { type: "comment.created", entityId: comment.id, patch: comment },
  ]);
  expect(await scene.changes(`task-internal:${task.id}`)).toEqual([]);
  expect(await scene.changes(`user:${commenter.userId}`)).toMatchObject([
    { type: "task.watched", patch: { taskId: task.id } },
  ]);
});

test("replies go one level deep, and a comment can take up another one", async ({ scene }) => {
  const { caller, task, comment } = await discussion(scene);
  const reply = await caller.comments.create({ taskId: task.id, body: "Yes", threadId: comment.id });
  const second = await caller.comments.create({
    taskId: task.id,
    body: "No",
    threadId: comment.id,
    quotedId: reply.id,
  });
  expect([reply.threadId, second.threadId, second.quotedId]).toEqual([comment.id, comment.id, reply.id]);
  const deeper = caller.comments.create({ taskId: task.id, body: "But", threadId: reply.id });
  await expect(deeper).rejects.toMatchObject({
    cause: { code: "rule.broken", details: { rule: "comment.one-level", threadId: comment.id } },
  });
});

test("comments that are made at once are in one order, strictly", async ({ scene }) => {
  const { caller, task } = await discussion(scene);
  await Promise.all(Array.from({ length: 20 }, (_, n) => caller.comments.create({ taskId: task.id, body: `${n}` })));
  const { items } = await caller.comments.list({ taskId: task.id });
  const moments = items.map((item) => item.createdAt);
  expect(new Set(moments).size).toBe(21);
  expect(moments).toEqual(moments.toSorted());
});

test("sent again with its mutationId, a comment is made once", async ({ scene }) => {
  const { caller, task } = await discussion(scene);
  const input = { taskId: task.id, body: "Once", mutationId: crypto.randomUUID() };
  const answers = await Promise.all([1, 2, 3].map(() => caller.comments.create(input)));
  for (const answer of answers) expect(answer).toEqual(answers[0]);
  expect((await caller.comments.list({ taskId: task.id })).items).toHaveLength(2);
});

test("guests never receive internal comments, nor learn of them", async ({ scene }) => {
  const { owner, project, task, comment, caller } = await discussion(scene);
  const guest = await scene.personWith("manager", project);
  const insider = await insiderWith(scene, { owner, project }, "viewer");
  const secret = await caller.comments.create({ taskId: task.id, body: "Among ourselves", internal: true });
  const reply = await caller.comments.create({ taskId: task.id, body: "Quite", threadId: secret.id });

  expect(reply.internal).toBe(true);
  expect(await scene.changes(`task-internal:${task.id}`)).toMatchObject([
    { entityId: secret.id },
    { entityId: reply.id },
  ]);
  expect(await scene.changes(`task:${task.id}`)).toMatchObject([{ entityId: comment.id }]);
  await expect(scene.snapshot(guest, `task-internal:${task.id}`)).rejects.toMatchObject({ code: "not-found" });
  expect(JSON.stringify(await scene.snapshot(guest, `task:${task.id}`))).not.toContain(secret.id);
  const seen = JSON.stringify(await scene.snapshot(insider, `task-internal:${task.id}`));
  expect(seen).toContain(secret.id);
  expect(seen).not.toContain(comment.id);

  const asGuest = scene.caller(guest).comments;
  const ids = async (who: typeof asGuest) => (await who.list({ taskId: task.id })).items.map(({ id }) => id);
  expect(await ids(asGuest)).toEqual([comment.id]);
  expect(await ids(scene.caller(insider).comments)).toEqual([comment.id, secret.id, reply.id]);
  expect((await asGuest.counts({ taskIds: [task.id] })).items).toMatchObject([{ comments: 1, unread: 1 }]);
  for (const refused of [
    () => asGuest.get({ commentId: secret.id }),
    () => asGuest.history({ commentId: secret.id }),
    () => asGuest.react({ commentId: secret.id, emoji: "👍" }),
    () => asGuest.delete({ commentId: secret.id }),
    () => asGuest.markRead({ taskId: task.id, commentId: secret.id }),
    () => asGuest.create({ taskId: task.id, body: "?", threadId: secret.id }),
    () => asGuest.create({ taskId: task.id, body: "?", quotedId: secret.id }),
  ])
    await expect(refused()).rejects.toMatchObject(refusal("not-found"));
  await expect(asGuest.create({ taskId: task.id, body: "?", internal: true })).rejects.toMatchObject(
    refusal("access.denied"),
  );
});

test.for([
  ["a blank text", { body: " \n" }, "validation.failed"],
  ["a text that is too long", { body: "a".repeat(50_001) }, "validation.failed"],
  ["NUL", { body: "a\u0000b" }, "validation.failed"],
  ["an unknown thread", { threadId: "0199a3b2-0000-7000-8000-000000000001" }, "not-found"],
  ["an unknown quote", { quotedId: "0199a3b2-0000-7000-8000-000000000001" }, "not-found"],
  ["an address named ever again", { body: `[a]: http://x/${"y".repeat(9_000)}\n\n${"[a]".repeat(500)}` }, "too-large"],
  [
    "a crowd",
    { body: Array.from({ length: 101 }, () => `@[x](user:${crypto.randomUUID()})`).join(" ") },
    "rule.broken",
  ],
] as const)("%s is refused", async ([, part, code], { scene }) => {
  const { caller, task } = await discussion(scene);
  const head = await scene.head(`task:${task.id}`);
  await expect(caller.comments.create({ taskId: task.id, body: "Well", ...part })).rejects.toMatchObject(
    code === "validation.failed" ? { code: "BAD_REQUEST" } : refusal(code),
  );
  expect(await scene.head(`task:${task.id}`)).toBe(head);
});

test("what is internal stays in internal threads, and is quoted nowhere else", async ({ scene }) => {
  const { caller, task, comment } = await discussion(scene);
  const secret = await caller.comments.create({ taskId: task.id, body: "Secret", internal: true });
  const rule = (name: string) => ({ cause: { code: "rule.broken", details: { rule: name } } });
  const say = (part: object) => caller.comments.create({ taskId: task.id, body: "Well", ...part });
  await expect(say({ threadId: comment.id, internal: true })).rejects.toMatchObject(rule("comment.mixed-thread"));
  await expect(say({ threadId: secret.id, internal: false })).rejects.toMatchObject(rule("comment.mixed-thread"));
  await expect(say({ quotedId: secret.id })).rejects.toMatchObject(rule("comment.internal-quote"));
  expect(await say({ quotedId: comment.id, internal: true })).toMatchObject({ quotedId: comment.id });
});

test.for([
  ["viewer", "access.denied"],
  ["stranger", "not-found"],
  ["signed-out", "auth.required"],
] as const)("a comment by a %s fails with %s", async ([who, code], { scene }) => {
  const { project, task } = await scene.board();
  const caller = await scene.as(who, project);
  await expect(caller.comments.create({ taskId: task.id, body: "Well" })).rejects.toMatchObject(refusal(code));
  expect(await scene.changes(`task:${task.id}`)).toEqual([]);
});

test("comments wait in the trash with their task, and an archived project is only read", async ({ scene }) => {
  const { caller, owner, project, task, comment } = await discussion(scene);
  await caller.tasks.delete({ taskId: task.id });
  const trashed = { cause: { code: "rule.broken", details: { rule: "task.trashed" } } };
  await expect(caller.comments.list({ taskId: task.id })).rejects.toMatchObject(trashed);
  await expect(caller.comments.get({ commentId: comment.id })).rejects.toMatchObject(trashed);
  await expect(caller.comments.create({ taskId: task.id, body: "Well" })).rejects.toMatchObject(trashed);
  await expect(scene.snapshot(owner, `task:${task.id}`)).rejects.toMatchObject({ code: "not-found" });
  expect(await caller.comments.counts({ taskIds: [task.id] })).toEqual({ items: [] });

  await caller.tasks.restore({ taskId: task.id });
  expect(await caller.comments.get({ commentId: comment.id })).toEqual(comment);

  await scene.app.sql.query("update projects.projects set archived_at = now() where id = $1", [project.id]);
  const archived = { cause: { code: "rule.broken", details: { rule: "project.archived" } } };
  await expect(caller.comments.update({ commentId: comment.id, body: "Now" })).rejects.toMatchObject(archived);
  await expect(caller.comments.react({ commentId: comment.id, emoji: "👍" })).rejects.toMatchObject(archived);
  expect((await caller.comments.list({ taskId: task.id })).items).toEqual([comment]);
  await caller.comments.markRead({ taskId: task.id, commentId: comment.id });
});
