import { expect, test } from "vitest";
import type { Actor } from "../server/context.ts";
import { watchLevels } from "../server/domain/notifications/event.matrix.ts";
import { tellReminders } from "../server/domain/tasks/tell-reminders.ts";
import { discussion, insiderWith } from "../server/testing/discussion.ts";
import { inboxOf, notifying, untilTold } from "../server/testing/notifications.ts";
import type { Scene } from "../server/testing/scene.ts";
import { describeBrokers, openScene } from "../server/testing/workers.ts";

const mention = ({ userId }: Actor) => `Look, @[you](user:${userId}) & 1 < 2`;
const eventsOf = async (scene: Scene, actor: Actor) => (await inboxOf(scene, actor)).map(({ event }) => event);

describeBrokers("notifications", (env) => {
  test("people are told of what concerns them, live and in order, and nobody of their own act", async () => {
    const scene = await openScene(env);
    await notifying(scene);
    const { task, project, caller, owner, comment, doing } = await discussion(scene);
    const ann = await insiderWith(scene, { owner, project }, "editor", "Ann");
    const bob = await insiderWith(scene, { owner, project }, "editor", "Bob");
    await untilTold(scene);
    const copy = await scene.snapshot(bob, `user:${bob.userId}`);

    await caller.tasks.assign({ taskId: task.id, addAssigneeIds: [bob.userId] });
    await scene.caller(ann).comments.create({ taskId: task.id, body: mention(bob) });
    await scene.caller(bob).comments.create({ taskId: task.id, body: "Done", threadId: comment.id });
    await caller.tasks.move({ taskId: task.id, toStatusId: doing.id, afterTaskId: null });
    await scene.caller(bob).comments.resolve({ commentId: comment.id });
    await untilTold(scene);

    expect(await eventsOf(scene, bob)).toEqual(["project-role", "assigned", "mentioned", "status-changed"]);
    const [, assigned, mentioned, moved] = await inboxOf(scene, bob);
    expect(assigned).toMatchObject({ taskKey: task.key, title: task.title, actorIds: [owner.userId], count: 1 });
    expect(mentioned).toMatchObject({ excerpt: "Look, @Bob & 1 < 2", actorNames: ["Ann"] });
    expect(moved?.details).toEqual({ from: "To do", to: "In progress" });
    expect((await eventsOf(scene, owner)).sort()).toEqual(["commented", "replied", "thread-resolved"]);
    expect(await eventsOf(scene, ann)).toEqual(["project-role", "commented", "status-changed"]);

    for (const change of await scene.changes(`user:${bob.userId}`, copy.seq)) copy.apply(change);
    expect(copy.toJSON()).toEqual((await scene.snapshot(bob, `user:${bob.userId}`)).toJSON());
  });

  test("a burst on one task is one notification and one delivery, also from many at once", async () => {
    const scene = await openScene(env);
    await notifying(scene);
    const { task, project, owner, caller } = await discussion(scene);
    const ann = await insiderWith(scene, { owner, project }, "editor", "Ann");
    const bob = await insiderWith(scene, { owner, project }, "editor", "Bob");
    const say = (actor: Actor, body: string) => scene.caller(actor).comments.create({ taskId: task.id, body });
    await Promise.all([ann, bob, ann, bob].map((actor) => say(actor, "At once")));
    await say(ann, "In the end");
    await untilTold(scene);

    const [told, ...more] = await inboxOf(scene, owner);
    expect(more).toEqual([]);
    expect(told).toMatchObject({
      event: "commented",
      count: 5,
      version: 5,
      actorNames: ["Ann", "Bob"],
      excerpt: "In the end",
    });
    const deliveries = "select channel from notifications.deliveries where user_id = $1";
    expect(await scene.app.sql.query(deliveries, [owner.userId])).toEqual([{ channel: "mail" }]);

    await caller.notifications.readAll({ taskId: task.id });
    await say(bob, "And another thing");
    await untilTold(scene);
    expect((await inboxOf(scene, owner)).map(({ count }) => count)).toEqual([5, 1]);
  });

  test("whatever is delivered again, everybody is told once", async () => {
    const scene = await openScene(env);
    await notifying(scene);
    const { task, project, owner } = await discussion(scene);
    const ann = await insiderWith(scene, { owner, project }, "editor");
    await scene.caller(ann).comments.create({ taskId: task.id, body: mention(owner) });
    await untilTold(scene);
    const state = () =>
      scene.app.sql.query<{ id: string; count: number; items: number }>(
        `select n.id, n.count, count(i.*) as items from notifications.notifications n
        left join notifications.delivery_items i on i.notification_id = n.id group by n.id, n.count order by n.id`,
      );
    const before = await state();
    expect(before).toHaveLength(2); // the role and the mention

    await scene.app.sql.query("update feed.relay_cursors set seq = 0"); // everything is published anew
    await scene.caller(ann).tasks.update({ taskId: task.id, title: "Other" });
    await untilTold(scene);
    const cursors =
      "select count(*) as behind from feed.heads h join feed.relay_cursors k using (channel) where k.seq < h.seq";
    await expect.poll(() => scene.app.sql.query(cursors)).toEqual([{ behind: 0 }]);
    expect(await state()).toEqual(before);
  });
});

/** What reaches somebody who watches the task, at each level. */
const levels = {
  nothing: [],
  mentions: ["assigned", "mentioned"],
  participating: ["assigned", "mentioned", "commented", "status-changed", "replied", "thread-resolved"],
  all: ["assigned", "mentioned", "commented", "status-changed", "replied", "thread-resolved", "task-created"],
} as const;

/** Everything that can happen around a task, with somebody who takes part in it. */
async function everything(scene: Scene, ann: (board: Awaited<ReturnType<typeof discussion>>) => Promise<Actor>) {
  const board = await discussion(scene);
  const { task, project, caller, todo, doing } = board;
  const actor = await ann(board);
  const thread = await scene.caller(actor).comments.create({ taskId: task.id, body: "What of this?" });
  await untilTold(scene);
  await scene.caller(actor).notifications.readAll({});
  await scene.caller(actor).notifications.archiveRead({});
  return {
    ...board,
    actor,
    async happen() {
      await caller.tasks.assign({ taskId: task.id, addAssigneeIds: [actor.userId] });
      await caller.comments.create({ taskId: task.id, body: mention(actor) });
      await caller.comments.create({ taskId: task.id, body: "By the way" });
      await caller.tasks.move({ taskId: task.id, toStatusId: doing.id, afterTaskId: null });
      await caller.comments.create({ taskId: task.id, body: "This is it", threadId: thread.id });
      await caller.comments.resolve({ commentId: thread.id });
      await caller.tasks.create({ projectId: project.id, title: "New", statusId: todo.id });
      await untilTold(scene);
      return new Set(await eventsOf(scene, actor));
    },
  };
}

test.for(watchLevels.flatMap((level) => [[level, false] as const, [level, true] as const]))(
  "with level %s, task muted: %s, only that comes through",
  async ([level, muted]) => {
    const scene = await openScene({});
    await notifying(scene);
    const { actor, project, task, happen } = await everything(scene, (board) => insiderWith(scene, board, "editor"));
    await scene.caller(actor).watchLevels.set({ projectId: project.id, level });
    if (muted) await scene.caller(actor).notifications.muteTask({ taskId: task.id });
    const others = level === "all" ? ["task-created"] : [];
    const expected = muted && level !== "nothing" ? [...levels.mentions, ...others] : levels[level];
    expect(await happen()).toEqual(new Set(expected));
  },
);

test("at level all, one hears of tasks that one does not follow", async () => {
  const scene = await openScene({});
  await notifying(scene);
  const { task, project, caller, owner, doing } = await discussion(scene);
  const [ann, bob] = [
    await insiderWith(scene, { owner, project }, "viewer"),
    await insiderWith(scene, { owner, project }, "viewer"),
  ];
  await scene.caller(ann).watchLevels.set({ projectId: project.id, level: "all" });
  await caller.comments.create({ taskId: task.id, body: "Anybody here?" });
  await caller.tasks.move({ taskId: task.id, toStatusId: doing.id, afterTaskId: null });
  await untilTold(scene);
  expect(await eventsOf(scene, ann)).toEqual(["project-role", "commented", "status-changed"]);
  expect(await eventsOf(scene, bob)).toEqual(["project-role"]);
});

test("guests hear nothing of internal comments, and keep nothing of them when they become guests", async () => {
  const scene = await openScene({});
  await notifying(scene);
  const { task, project, caller, owner, organization } = await discussion(scene);
  const guest = await scene.personWith("editor", project);
  const ann = await insiderWith(scene, { owner, project }, "editor");
  for (const actor of [guest, ann]) await scene.caller(actor).watches.create({ taskId: task.id });
  await caller.comments.create({ taskId: task.id, body: "Among ourselves", internal: true });
  await untilTold(scene);
  expect(await eventsOf(scene, guest)).toEqual([]);
  expect(await eventsOf(scene, ann)).toEqual(["project-role", "commented"]);

  await scene.expectLaw([[`user:${ann.userId}`, ann]], () =>
    caller.members.updateRole({ organizationId: organization.id, userId: ann.userId, role: "guest" }),
  );
  expect(await eventsOf(scene, ann)).toEqual(["project-role"]);
});

test("who was removed before the telling is told nothing", async () => {
  const scene = await openScene({});
  const workers = await notifying(scene);
  const { task, project, caller, owner, organization } = await discussion(scene);
  const gone = await insiderWith(scene, { owner, project }, "editor");
  const left = await insiderWith(scene, { owner, project }, "editor");
  const stays = await insiderWith(scene, { owner, project }, "editor");
  for (const actor of [gone, left, stays]) await scene.caller(actor).watches.create({ taskId: task.id });
  await untilTold(scene);
  await workers.stop();

  await caller.comments.create({ taskId: task.id, body: "Too late for some" });
  await caller.members.remove({ organizationId: organization.id, userId: gone.userId });
  const { items } = await caller.projectMembers.list({ projectId: project.id });
  await caller.projectMembers.remove({
    projectMemberId: items.find(({ userId }) => userId === left.userId)?.id as string,
  });
  await notifying(scene);
  await untilTold(scene);
  expect(await inboxOf(scene, gone)).toEqual([]);
  expect(await inboxOf(scene, left)).toEqual([]); // nor do they keep what they had been told
  expect(await eventsOf(scene, stays)).toEqual(["project-role", "commented"]);
});

test("a later mention is told once, and what one was told follows the words and the title", async () => {
  const scene = await openScene({});
  await notifying(scene);
  const { task, project, caller, owner, comment } = await discussion(scene);
  const ann = await insiderWith(scene, { owner, project }, "editor");
  const told = async () => {
    await untilTold(scene);
    return (await inboxOf(scene, ann)).at(-1);
  };
  await caller.comments.update({ commentId: comment.id, body: mention(ann) });
  expect(await told()).toMatchObject({ event: "mentioned", commentId: comment.id, count: 1 });
  await caller.comments.update({ commentId: comment.id, body: "Nobody" });
  await caller.comments.update({ commentId: comment.id, body: `Again ${mention(ann)}` });
  expect(await told()).toMatchObject({ event: "mentioned", count: 1, excerpt: expect.stringMatching(/^Again Look/) });
  await caller.tasks.update({ taskId: task.id, title: "Renamed" });
  expect(await told()).toMatchObject({ title: "Renamed" });
  await caller.comments.delete({ commentId: comment.id });
  expect(await told()).toMatchObject({ title: "Renamed", excerpt: null });
});

test("whoever has read the comments has read what they were told of them", async () => {
  const scene = await openScene({});
  await notifying(scene);
  const { task, project, caller, owner } = await discussion(scene);
  const ann = await insiderWith(scene, { owner, project }, "editor");
  const named = await caller.comments.create({ taskId: task.id, body: mention(ann) });
  const later = await caller.comments.create({ taskId: task.id, body: `Once more: ${mention(ann)}` });
  await untilTold(scene);
  const unread = async () => {
    await untilTold(scene);
    return (await inboxOf(scene, ann)).filter(({ event, readAt }) => event === "mentioned" && !readAt).length;
  };
  expect(await unread()).toBe(1);
  await scene.caller(ann).comments.markRead({ taskId: task.id, commentId: named.id });
  expect(await unread()).toBe(1); // the burst has a later one
  await scene.expectLaw([[`user:${ann.userId}`, ann]], async () => {
    await scene.caller(ann).comments.markRead({ taskId: task.id, commentId: later.id });
    expect(await unread()).toBe(0);
  });
});

test("somebody with an account is told of an invitation, as long as it stands", async () => {
  const scene = await openScene({});
  await notifying(scene);
  const { organization, owner } = await scene.organization();
  const ann = await scene.person();
  const invite = () =>
    scene.caller(owner).invitations.create({ organizationId: organization.id, email: ann.email, role: "member" });
  const { id } = await invite();
  await untilTold(scene);
  expect(await inboxOf(scene, ann)).toMatchObject([{ event: "invited", subjectId: id, title: organization.name }]);
  await scene.caller(owner).invitations.withdraw({ invitationId: id });
  await untilTold(scene);
  expect(await inboxOf(scene, ann)).toEqual([]);

  const again = await invite();
  await untilTold(scene);
  const { token } = await scene.caller(owner).invitations.link({ invitationId: again.id });
  await scene.caller(ann).invitations.accept({ token });
  await untilTold(scene);
  expect(await inboxOf(scene, ann)).toEqual([]);
});

test("who wants an event by mail only has nothing in the inbox; who wants none of it has nothing at all", async () => {
  const scene = await openScene({});
  await notifying(scene);
  const { task, project, caller, owner } = await discussion(scene);
  const ann = await insiderWith(scene, { owner, project }, "editor");
  const bob = await insiderWith(scene, { owner, project }, "editor");
  for (const actor of [ann, bob]) {
    await scene.caller(actor).watches.create({ taskId: task.id });
    const cells = [{ event: "commented", channel: "inApp", mode: "off" } as const];
    await scene.caller(actor).notificationPreferences.set({ projectId: project.id, cells });
  }
  await scene
    .caller(bob)
    .notificationPreferences.set({ cells: [{ event: "commented", channel: "mail", mode: "off" }] });
  await untilTold(scene);
  const deliveries = "select channel, digest from notifications.deliveries where user_id = $1 and digest";
  await scene.expectLaw([[`user:${ann.userId}`, ann]], async () => {
    await caller.comments.create({ taskId: task.id, body: "One" });
    await caller.comments.create({ taskId: task.id, body: "Two" });
    await untilTold(scene);
  });
  expect(await eventsOf(scene, ann)).toEqual(["project-role"]);
  expect((await scene.caller(ann).notifications.list({ state: "archived" })).items).toEqual([]);
  expect(await scene.app.sql.query(deliveries, [ann.userId])).toEqual([{ channel: "mail", digest: true }]);
  expect(await scene.app.sql.query(deliveries, [bob.userId])).toEqual([]);
});

test("a reminder that is due is told to who set it", async () => {
  const scene = await openScene({});
  await notifying(scene);
  const { task, owner, project } = await discussion(scene);
  const ann = await insiderWith(scene, { owner, project }, "viewer", "Ann");
  await scene.caller(ann).watchLevels.set({ projectId: project.id, level: "nothing" }); // it is their own wish
  await scene.caller(ann).reminders.create({ taskId: task.id, at: "2999-01-07T09:00:00Z" });
  await tellReminders(scene.ctx(null), new Date("2999-01-07T09:00:00Z"));
  await untilTold(scene);
  expect(await inboxOf(scene, ann)).toContainEqual(
    expect.objectContaining({ event: "reminder-due", taskKey: task.key, title: task.title }),
  );
});

test("a timesheet is told to those who decide on it, and a returned one to whose it is", async () => {
  const scene = await openScene({});
  await notifying(scene);
  const { organization, owner } = await scene.organization();
  const [ann, admin] = [await scene.person("Ann"), await scene.person()];
  await scene.join(organization.id, ann, "member");
  await scene.join(organization.id, admin, "admin");
  const { id } = await scene.caller(ann).timesheets.open({ organizationId: organization.id, day: "2026-02-10" });
  await scene.caller(ann).timesheets.submit({ timesheetId: id });
  await scene.caller(owner).timesheets.return({ timesheetId: id, comment: "Friday is missing" });
  await untilTold(scene);
  const details = { startsOn: "2026-02-09" };
  for (const decides of [owner, admin]) {
    expect(await inboxOf(scene, decides)).toMatchObject([
      { event: "timesheet-submitted", subjectId: id, actorNames: ["Ann"], details },
    ]);
  }
  expect(await inboxOf(scene, ann)).toMatchObject([{ event: "timesheet-returned", subjectId: id, details }]);

  await scene.expectLaw([[`user:${admin.userId}`, admin]], () =>
    scene.caller(owner).members.updateRole({ organizationId: organization.id, userId: admin.userId, role: "member" }),
  );
  expect(await inboxOf(scene, admin)).toEqual([]);
});
