import { expect } from "vitest";
import type { Actor } from "../../context.ts";
import { refusal, type Scene, test } from "../../testing/scene.ts";
import { buildNotifications } from "../../testing/world.notifications.ts";

/** Somebody with two unread notifications on one task. */
async function inbox(scene: Scene) {
  const board = await scene.board();
  const ann = await scene.personWith("viewer", board.project);
  const [first, second] = (await buildNotifications(scene, board.task, [ann, ann])) as [string, string];
  const own = [[`user:${ann.userId}`, ann]] as const;
  return { ...board, ann, caller: scene.caller(ann), first, second, own };
}
const typesSince = async (scene: Scene, actor: Actor, since: number) =>
  (await scene.changes(`user:${actor.userId}`, since)).map(({ type }) => type);

test("reading is told to all devices, and repeated changes nothing", async ({ scene }) => {
  const { ann, caller, first, own } = await inbox(scene);
  expect(await caller.notifications.counts()).toMatchObject({ unread: 2, inbox: 2, snoozed: 0 });
  const read = await scene.expectLaw(own, () => caller.notifications.read({ notificationId: first }));
  expect(read).toMatchObject({ id: first, readAt: expect.any(String), version: 2 });
  expect(await caller.notifications.counts()).toMatchObject({ unread: 1, inbox: 2 });

  const head = await scene.head(`user:${ann.userId}`);
  expect(await caller.notifications.read({ notificationId: first })).toEqual(read);
  const unread = await scene.expectLaw(own, () => caller.notifications.unread({ notificationId: first }));
  expect(unread).toMatchObject({ readAt: null, version: 3 });
  await caller.notifications.unread({ notificationId: first });
  expect(await typesSince(scene, ann, head)).toEqual(["notification.unread"]);
});

test("what is archived leaves the inbox and can come back", async ({ scene }) => {
  const { caller, first, second, own } = await inbox(scene);
  const archived = await scene.expectLaw(own, () => caller.notifications.archive({ notificationId: first }));
  expect(archived.readAt).toEqual(expect.any(String));
  expect(await caller.notifications.archive({ notificationId: first })).toEqual(archived);
  expect(await caller.notifications.read({ notificationId: first })).toEqual(archived);
  expect(await caller.notifications.unread({ notificationId: first })).toEqual(archived);
  expect((await caller.notifications.list({})).items.map(({ id }) => id)).toEqual([second]);
  expect((await caller.notifications.list({ state: "archived" })).items).toEqual([archived]);

  await scene.expectLaw(own, () => caller.notifications.unarchive({ notificationId: first }));
  await caller.notifications.unarchive({ notificationId: first });
  expect((await caller.notifications.list({})).items).toHaveLength(2);
});

test("all that was seen is marked as read, and all that was read is archived, where one asks", async ({ scene }) => {
  const { organization, project, task, ann, caller, own } = await inbox(scene);
  const other = await scene.caller((await scene.organization()).owner);
  await expect(other.notifications.readAll({ organizationId: organization.id })).resolves.toEqual({ marked: 0 });
  const before = new Date(Date.now() - 60_000).toISOString();
  expect(await caller.notifications.readAll({ projectId: project.id, until: before })).toEqual({ marked: 0 });

  expect(await scene.expectLaw(own, () => caller.notifications.readAll({ taskId: task.id }))).toEqual({ marked: 2 });
  expect(await caller.notifications.readAll({})).toEqual({ marked: 0 });
  await buildNotifications(scene, task, [ann]);
  expect(await scene.expectLaw(own, () => caller.notifications.archiveRead({}))).toEqual({ marked: 2 });
  expect(await caller.notifications.counts()).toMatchObject({
    unread: 1,
    inbox: 1,
    unreadByOrganization: [{ organizationId: organization.id, unread: 1 }],
  });
});

test("lists come in pages, filtered by where and what", async ({ scene }) => {
  const { task, project, ann, caller } = await inbox(scene);
  await buildNotifications(scene, task, [ann], { event: "assigned", updatedAt: "2026-01-01T00:00:00.000Z" });
  const { items, nextCursor } = await caller.notifications.list({ limit: 2, projectId: project.id });
  expect(items.map(({ event }) => event)).toEqual(["commented", "commented"]);
  const rest = await caller.notifications.list({ limit: 2, projectId: project.id, cursor: nextCursor as string });
  expect(rest).toMatchObject({ items: [{ event: "assigned" }], nextCursor: null });
  expect((await caller.notifications.list({ event: "assigned", state: "unread" })).items).toHaveLength(1);
  expect((await caller.notifications.list({ taskId: project.id })).items).toEqual([]);
  await expect(caller.notifications.list({ cursor: "nonsense" })).rejects.toMatchObject(refusal("validation.failed"));
});

test.for(["get", "read", "unread", "archive", "unarchive", "unsnooze"] as const)(
  "somebody else's notification is not there to %s",
  async (verb, { scene }) => {
    const { owner, first } = await inbox(scene);
    await expect(scene.caller(owner).notifications[verb]({ notificationId: first })).rejects.toMatchObject(
      refusal("not-found"),
    );
  },
);

test("sent twice with one mutationId, it acts once", async ({ scene }) => {
  const { caller, first } = await inbox(scene);
  const mutationId = crypto.randomUUID();
  const read = await caller.notifications.read({ notificationId: first, mutationId });
  await caller.notifications.unread({ notificationId: first });
  expect(await caller.notifications.read({ notificationId: first, mutationId })).toEqual(read);
  expect((await caller.notifications.get({ notificationId: first })).readAt).toBeNull();
});
