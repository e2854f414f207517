import { expect } from "vitest";
import { type Scene, test } from "../../testing/scene.ts";
import { buildNotifications } from "../../testing/world.notifications.ts";
import { tidyInboxes } from "./tidy-inbox.ts";

const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();

async function inbox(scene: Scene) {
  const board = await scene.board();
  const ann = await scene.personWith("viewer", board.project);
  const fill = (count: number, more: { readAt?: string; updatedAt?: string } = {}) =>
    buildNotifications(scene, board.task, Array(count).fill(ann), more);
  const held = async () => (await scene.caller(ann).notifications.counts()).inbox;
  const tidy = () => scene.expectLaw([[`user:${ann.userId}`, ann]], () => tidyInboxes(scene.ctx(null)));
  return { ...board, ann, caller: scene.caller(ann), fill, held, tidy };
}

test("an inbox holds five hundred: what was read goes first, then the oldest", async ({ scene }) => {
  const { caller, fill, held, tidy } = await inbox(scene);
  const oldest = await fill(3, { updatedAt: daysAgo(20) });
  await fill(495, { updatedAt: daysAgo(10) });
  await fill(5, { readAt: daysAgo(1), updatedAt: daysAgo(1) });
  await tidy();
  expect(await held()).toBe(500);
  expect((await caller.notifications.list({ state: "archived" })).items).toHaveLength(3);
  expect((await caller.notifications.counts()).unread).toBe(498);
  await fill(4);
  await tidy();
  expect((await caller.notifications.counts()).unread).toBe(500);
  const archived = (await caller.notifications.list({ state: "archived", limit: 200 })).items.map(({ id }) => id);
  expect(archived).toHaveLength(7);
  expect(oldest.filter((id) => archived.includes(id))).toHaveLength(2);
});

test("what was read a month ago leaves the inbox; what is unread or snoozed stays", async ({ scene }) => {
  const { caller, fill, held, tidy } = await inbox(scene);
  const old = { updatedAt: daysAgo(31) };
  await fill(1, { ...old, readAt: daysAgo(31) });
  await fill(1, old);
  await fill(1, { readAt: daysAgo(29), updatedAt: daysAgo(29) });
  const [snoozed] = await fill(1, { ...old, readAt: daysAgo(31) });
  await caller.notifications.snooze({
    notificationId: snoozed as string,
    until: new Date(Date.now() + 60_000).toISOString(),
  });
  await tidy();
  expect(await held()).toBe(2);
  expect((await caller.notifications.counts()).snoozed).toBe(1);
});

test("what left the inbox three months ago is forgotten", async ({ scene }) => {
  const { caller, fill, tidy } = await inbox(scene);
  const [old, young] = (await fill(2)) as [string, string];
  for (const notificationId of [old, young]) await caller.notifications.archive({ notificationId });
  await scene.app.sql.query("update notifications.notifications set archived_at = $2 where id = $1", [
    old,
    daysAgo(91),
  ]);
  await tidy();
  expect((await caller.notifications.list({ state: "archived" })).items.map(({ id }) => id)).toEqual([young]);
});
