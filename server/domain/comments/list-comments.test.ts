import { expect } from "vitest";
import { discussion } from "../../testing/discussion.ts";
import { refusal, test } from "../../testing/scene.ts";

test("pages go through all comments, from either end", async ({ scene }) => {
  const { caller, task, comment } = await discussion(scene);
  const said = [comment.id];
  for (let n = 0; n < 6; n += 1) said.push((await caller.comments.create({ taskId: task.id, body: `${n}` })).id);
  for (const order of ["asc", "desc"] as const) {
    const found: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await caller.comments.list({ taskId: task.id, order, limit: 3, ...(cursor ? { cursor } : {}) });
      found.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor ?? undefined;
    } while (cursor);
    expect(found).toEqual(order === "asc" ? said : said.toReversed());
  }
});

test("threads, the replies of one, and what is settled can be asked for", async ({ scene }) => {
  const { caller, task, comment } = await discussion(scene);
  const reply = await caller.comments.create({ taskId: task.id, body: "Yes", threadId: comment.id });
  const settled = await caller.comments.create({ taskId: task.id, body: "Done" });
  await caller.comments.resolve({ commentId: settled.id });
  const ids = async (filter: object) =>
    (await caller.comments.list({ taskId: task.id, ...filter })).items.map(({ id }) => id);
  expect(await ids({ threadId: "none" })).toEqual([comment.id, settled.id]);
  expect(await ids({ threadId: comment.id })).toEqual([reply.id]);
  expect(await ids({ resolved: true })).toEqual([settled.id]);
  expect(await ids({ resolved: false })).toEqual([comment.id]);
});

test.for(["garbage", Buffer.from('["\' or 1=1 --","0199a3b2-0000-7000-8000-000000000001"]').toString("base64url")])(
  "the cursor %s is refused",
  async (cursor, { scene }) => {
    const { caller, task } = await discussion(scene);
    await expect(caller.comments.list({ taskId: task.id, cursor })).rejects.toMatchObject(refusal("validation.failed"));
  },
);

test("what others said after one's place is unread; the place goes only forward", async ({ scene }) => {
  const { owner, project, task, caller, comment } = await discussion(scene);
  const ann = await scene.personWith("viewer", project);
  const asAnn = scene.caller(ann).comments;
  const second = await caller.comments.create({ taskId: task.id, body: `@[a](user:${ann.userId})` });
  const counts = async (who = asAnn) => (await who.counts({ taskIds: [task.id] })).items[0];
  expect(await counts()).toEqual({ taskId: task.id, comments: 2, openThreads: 2, unread: 2, unreadMentions: 1 });
  expect(await counts(caller.comments)).toMatchObject({ unread: 0 });

  await scene.expectLaw([[`user:${ann.userId}`, ann]], async () => {
    const first = await asAnn.markRead({ taskId: task.id, commentId: comment.id });
    expect(first).toMatchObject({ taskId: task.id, userId: ann.userId, readUpTo: comment.createdAt });
    expect(await counts()).toMatchObject({ unread: 1, unreadMentions: 1 });
    const last = await asAnn.markRead({ taskId: task.id, commentId: second.id });
    expect(last).toMatchObject({ id: first.id, readUpTo: second.createdAt });
    expect(await asAnn.markRead({ taskId: task.id, commentId: comment.id })).toEqual(last); // an earlier one
    expect(await counts()).toMatchObject({ unread: 0, unreadMentions: 0 });
  });
  expect((await scene.changes(`user:${ann.userId}`)).map(({ type }) => type)).toEqual([
    "comment.mentioned",
    "comment.reading-began",
    "comment.reading-advanced",
  ]);
  expect(await scene.changes(`user:${owner.userId}`)).not.toContainEqual(
    expect.objectContaining({ entity: "readPosition" }),
  );
});

test("several devices that read at once agree", async ({ scene }) => {
  const { caller, task, comment } = await discussion(scene);
  const second = await caller.comments.create({ taskId: task.id, body: "Last" });
  await Promise.all(
    [comment, second, comment, second, comment].map(({ id }) =>
      caller.comments.markRead({ taskId: task.id, commentId: id }),
    ),
  );
  expect(await caller.comments.markRead({ taskId: task.id, commentId: comment.id })).toMatchObject({
    readUpTo: second.createdAt,
  });
});

test("of one organization's comments another learns nothing", async ({ scene }) => {
  const { project, task, comment, owner } = await discussion(scene);
  const other = await discussion(scene);
  const { comments } = other.caller;
  for (const refused of [
    () => comments.list({ taskId: task.id }),
    () => comments.get({ commentId: comment.id }),
    () => comments.history({ commentId: comment.id }),
    () => comments.counts({ taskIds: [other.task.id, task.id] }),
    () => comments.markRead({ taskId: task.id, commentId: comment.id }),
    () => comments.markRead({ taskId: other.task.id, commentId: comment.id }),
    () => comments.create({ taskId: task.id, body: "Hello" }),
    () => comments.create({ taskId: other.task.id, body: "Hello", threadId: comment.id }),
    () => comments.create({ taskId: other.task.id, body: "Hello", quotedId: comment.id }),
    () => comments.update({ commentId: comment.id, body: "Mine" }),
    () => comments.delete({ commentId: comment.id }),
    () => comments.react({ commentId: comment.id, emoji: "👍" }),
    () => comments.unreact({ commentId: comment.id, emoji: "👍" }),
    () => comments.resolve({ commentId: comment.id }),
    () => comments.reopen({ commentId: comment.id }),
    () => comments.pin({ commentId: comment.id }),
    () => comments.unpin({ commentId: comment.id }),
    () => other.caller.sync.snapshot({ channel: `task:${task.id}` }),
    () => other.caller.sync.pull({ channel: `task-internal:${task.id}`, since: 0 }),
  ])
    await expect(refused()).rejects.toMatchObject(refusal("not-found"));
  const team = await scene.caller(owner).teams.create({ organizationId: project.organizationId, name: "Ours" });
  await scene.caller(owner).teams.addMember({ teamId: team.id, userId: owner.userId });
  const named = await comments.create({
    taskId: other.task.id,
    body: `@[a](user:${owner.userId}) @[b](team:${team.id})`,
  });
  expect(named).toMatchObject({ mentionedUserIds: [], html: "<p>@a @b</p>" });
  expect((await comments.list({ taskId: other.task.id, threadId: comment.id })).items).toEqual([]);
});
