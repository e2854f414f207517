import { expect } from "vitest";
import { wakeSnoozed } from "../../../workers/notifications.ts";
import { refusal, type Scene, test } from "../../testing/scene.ts";
import { describeBrokers, openScene, ownPrefix, workersFor } from "../../testing/workers.ts";
import { buildNotifications } from "../../testing/world.notifications.ts";
import { wakeNotification } from "./snooze-notification.ts";

async function inbox(scene: Scene) {
  const board = await scene.board();
  const ann = await scene.personWith("viewer", board.project);
  const [notificationId] = (await buildNotifications(scene, board.task, [ann])) as [string];
  return { ...board, ann, caller: scene.caller(ann), notificationId, own: [[`user:${ann.userId}`, ann]] as const };
}
const ahead = (ms: number) => new Date(Date.now() + ms).toISOString();

test("what is snoozed is out of the way, and back, unread, when its person says so", async ({ scene }) => {
  const { caller, notificationId, own } = await inbox(scene);
  await caller.notifications.read({ notificationId });
  const until = ahead(3_600_000);
  const snoozed = await scene.expectLaw(own, () => caller.notifications.snooze({ notificationId, until }));
  expect(snoozed).toMatchObject({ snoozedUntil: until, readAt: expect.any(String) });
  expect(await caller.notifications.snooze({ notificationId, until })).toEqual(snoozed);
  expect(await caller.notifications.counts()).toMatchObject({ unread: 0, inbox: 0, snoozed: 1 });
  expect((await caller.notifications.list({})).items).toEqual([]);
  expect((await caller.notifications.list({ state: "snoozed" })).items).toEqual([snoozed]);
  expect(await caller.notifications.archiveRead({})).toEqual({ marked: 0 });

  const awake = await scene.expectLaw(own, () => caller.notifications.unsnooze({ notificationId }));
  expect(awake).toMatchObject({ snoozedUntil: null, readAt: null });
  expect(await caller.notifications.unsnooze({ notificationId })).toEqual(awake);
});

test.for([
  ["in the past", -1_000],
  ["more than a year ahead", 400 * 86_400_000],
] as const)("one cannot snooze until a moment %s", async ([, ms], { scene }) => {
  const { caller, notificationId } = await inbox(scene);
  await expect(caller.notifications.snooze({ notificationId, until: ahead(ms) })).rejects.toMatchObject(
    refusal("rule.broken"),
  );
});

test("what is archived is not snoozed", async ({ scene }) => {
  const { caller, notificationId } = await inbox(scene);
  await caller.notifications.archive({ notificationId });
  const until = ahead(60_000);
  await expect(caller.notifications.snooze({ notificationId, until })).rejects.toMatchObject(refusal("rule.broken"));
});

test("what was snoozed anew, or taken back, does not wake", async ({ scene }) => {
  const { caller, notificationId, ann } = await inbox(scene);
  await caller.notifications.snooze({ notificationId, until: ahead(3_600_000) });
  const head = await scene.head(`user:${ann.userId}`);
  await wakeNotification(scene.ctx(null), { notificationId });
  await wakeNotification(scene.ctx(null), { notificationId: crypto.randomUUID() });
  expect(await scene.head(`user:${ann.userId}`)).toBe(head);
});

describeBrokers("snoozing", (env) => {
  test("ends by itself, unread, once, and is pushed again", async () => {
    const scene = await openScene(env);
    await workersFor(scene, { prefix: ownPrefix(), jobs: [wakeSnoozed] });
    const { caller, notificationId, own, ann } = await inbox(scene);
    await scene.expectLaw(own, async () => {
      await caller.notifications.read({ notificationId });
      await caller.notifications.snooze({ notificationId, until: ahead(300) });
      await expect.poll(async () => (await caller.notifications.list({ state: "unread" })).items).toHaveLength(1);
    });
    await wakeNotification(scene.ctx(null), { notificationId });
    const rounds = `select i.channel, i.round from notifications.delivery_items i join notifications.deliveries d on d.id = i.delivery_id where d.user_id = $1`;
    expect(await scene.app.sql.query(rounds, [ann.userId])).toEqual([{ channel: "push", round: 1 }]);
    const types = (await scene.changes(`user:${ann.userId}`)).map(({ type }) => type);
    expect(types.filter((type) => type === "notification.woken")).toHaveLength(1);
  });
});
