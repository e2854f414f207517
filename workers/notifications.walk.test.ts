import * as fc from "fast-check";
import { expect } from "vitest";
import type { Actor } from "../server/context.ts";
import { readersOf } from "../server/domain/channels.ts";
import { watchLevels } from "../server/domain/notifications/event.matrix.ts";
import { tidyInboxes } from "../server/domain/notifications/tidy-inbox.ts";
import { insiderWith } from "../server/testing/discussion.ts";
import { inboxOf, notifying, untilTold } from "../server/testing/notifications.ts";
import { type Caller, type Scene, test } from "../server/testing/scene.ts";

/** A board, those who work on it, and everything that they may do, each as a choice of whoever walks. */
async function players(scene: Scene) {
  const board = await scene.board();
  const { project, organization, owner, todo, doing, done } = board;
  const second = await scene.caller(owner).tasks.create({ projectId: project.id, title: "Second", statusId: todo.id });
  const people: Actor[] = [
    owner,
    await insiderWith(scene, board, "editor", "Ann"),
    await insiderWith(scene, board, "editor", "Bob"),
    await scene.personWith("editor", project), // a guest
  ];
  const first = await scene.caller(owner).comments.create({ taskId: board.task.id, body: "To begin with" });
  const comments = [first.id];
  type Pick = <T>(choices: readonly T[]) => T;
  const acts: ((caller: Caller, pick: Pick) => Promise<unknown>)[] = [
    async (caller, pick) => {
      const body = pick(["Hm", "@watchers", `@[x](user:${pick(people).userId})`]);
      const said = await caller.comments.create({ taskId: task(pick), body, internal: pick([true, false]) });
      comments.push(said.id);
    },
    async (caller, pick) => {
      const threadId = pick(comments);
      const { taskId } = await caller.comments.get({ commentId: threadId });
      await caller.comments.create({ taskId, threadId, body: "Yes" });
    },
    (caller, pick) => caller.comments.update({ commentId: pick(comments), body: `@[x](user:${pick(people).userId})!` }),
    (caller, pick) => caller.comments.delete({ commentId: pick(comments) }),
    async (caller, pick) => {
      const commentId = pick(comments);
      const { taskId } = await caller.comments.get({ commentId });
      await caller.comments.markRead({ taskId, commentId });
    },
    (caller, pick) => caller.comments.resolve({ commentId: pick(comments) }),
    (caller, pick) => caller.tasks.assign({ taskId: task(pick), assigneeIds: [pick(people).userId] }),
    (caller, pick) =>
      caller.tasks.move({ taskId: task(pick), toStatusId: pick([todo, doing, done]).id, afterTaskId: null }),
    (caller, pick) => caller.tasks.update({ taskId: task(pick), title: pick(["One", "Two", "Three"]) }),
    (caller, pick) => caller.watches.create({ taskId: task(pick) }),
    (caller, pick) => caller.notifications.muteTask({ taskId: task(pick) }),
    (caller, pick) => caller.notifications.unmuteTask({ taskId: task(pick) }),
    (caller, pick) => caller.watchLevels.set({ projectId: project.id, level: pick(watchLevels) }),
    (caller) => caller.notifications.readAll({}),
    (caller) => caller.notifications.archiveRead({}),
    async (caller, pick) => {
      const { items } = await caller.notifications.list({});
      const told = items.length > 0 ? pick(items) : undefined;
      if (told)
        await caller.notifications[pick(["read", "unread", "archive", "unarchive"] as const)]({
          notificationId: told.id,
        });
    },
    (caller, pick) =>
      caller.notificationPreferences.set({
        projectId: project.id,
        cells: [{ event: "commented", channel: "inApp", mode: pick(["instant", "off"]) }],
      }),
    () => tidyInboxes(scene.ctx(null)),
  ];
  /** Rarely, and by whoever may. */
  const partings: typeof acts = [
    (caller, pick) =>
      caller.members.updateRole({
        organizationId: organization.id,
        userId: pick(people).userId,
        role: pick(["guest", "member"]),
      }),
    async (caller, pick) => {
      const { items } = await caller.projectMembers.list({ projectId: project.id });
      if (items.length > 0) await caller.projectMembers.remove({ projectMemberId: pick(items).id });
    },
    async (caller, pick) => {
      await caller.tasks.delete({ taskId: second.id });
      if (pick([true, false])) await caller.tasks.purge({ taskId: second.id });
    },
    (caller, pick) => caller.members.remove({ organizationId: organization.id, userId: pick(people.slice(2)).userId }),
  ];
  const task = (pick: Pick) => pick([board.task, second]).id;
  return { ...board, people, acts, partings };
}

test("whatever people do while others are told of it, inboxes stay true, and hold nothing that may not be seen", async ({
  scene,
}) => {
  await notifying(scene);
  let told = 0;
  const walk = async (gen: fc.GeneratorValue) => {
    const { people, acts, partings, project, organization } = await players(scene);
    await untilTold(scene);
    const pick = <T>(choices: readonly T[]): T => choices[gen(fc.nat, { max: choices.length - 1 })] as T;
    const copies = await Promise.all(people.map((actor) => scene.snapshot(actor, `user:${actor.userId}`)));
    for (let round = 0; round < 12; round += 1) {
      const chosen = Array.from({ length: 5 }, () => pick(acts));
      if (round > 6) chosen.push(pick(partings));
      await Promise.all(
        chosen.map((act) =>
          act(scene.caller(pick(people)), pick).catch((error) => {
            if (error.cause?.code === "internal" || !error.cause) throw error;
          }),
        ),
      );
    }
    await untilTold(scene);

    const ids = people.map(({ userId }) => userId);
    const readers = await readersOf(scene.app.sql, `project:${project.id}`, ids);
    const insiders = await readersOf(scene.app.sql, `organization:${organization.id}`, ids);
    for (const [at, actor] of people.entries()) {
      const channel = `user:${actor.userId}` as const;
      const copy = copies[at] as NonNullable<(typeof copies)[number]>;
      for (const change of await scene.changes(channel, copy.seq)) copy.apply(change);
      expect(copy.toJSON()).toEqual((await scene.snapshot(actor, channel)).toJSON());

      const inbox = await inboxOf(scene, actor);
      told += inbox.length;
      if (!readers.has(actor.userId)) expect(inbox.filter(({ projectId }) => projectId === project.id)).toEqual([]);
      const internal = "select from notifications.notifications where user_id = $1 and internal";
      if (!insiders.has(actor.userId)) expect(await scene.app.sql.query(internal, [actor.userId])).toEqual([]);
      expect(inbox.filter(({ actorIds }) => actorIds.includes(actor.userId))).toEqual([]);
    }
  };
  const runs = Number(process.env["NOTIFICATION_WALKS"] ?? 3);
  await fc.assert(fc.asyncProperty(fc.gen(), walk), {
    numRuns: runs,
    endOnFailure: true,
    interruptAfterTimeLimit: 100_000,
  });
  expect(told).toBeGreaterThan(runs * 3);
  expect(await scene.app.sql.query("select consumer, reason from feed.dead_letters")).toEqual([]);
}, 120_000);
