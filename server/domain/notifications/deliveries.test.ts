import { expect } from "vitest";
import { insiderWith } from "../../testing/discussion.ts";
import { type Scene, test } from "../../testing/scene.ts";
import { inTransaction } from "../../transaction.ts";
import { dispatchDeliveries } from "./dispatch-deliveries.ts";
import { digestAt, heldUntil } from "./quiet-hours.ts";
import { renderDelivery } from "./render-delivery.ts";
import { tellPeople } from "./tell-people.ts";

async function somebody(scene: Scene) {
  const board = await scene.board();
  const ann = await insiderWith(scene, board, "editor", "Ann");
  const caller = scene.caller(ann);
  const owner = scene.caller(board.owner);
  /** A task of its own for each, so that nothing gathers. */
  const tell = async (event: "assigned" | "commented" = "assigned") => {
    const task = await owner.tasks.create({ projectId: board.project.id, title: "T", statusId: board.todo.id });
    await inTransaction(scene.ctx(null), (ctx) =>
      tellPeople(ctx, {
        subject: { id: task.id, taskId: task.id },
        actorId: board.owner.userId,
        ways: [{ event, to: "named", people: () => [ann.userId] }],
        change: null,
      }),
    );
  };
  const deliveries = () =>
    scene.app.sql.query<{ id: string; channel: string; digest: boolean; dueAt: string; state: string; items: number }>(
      `select d.id, d.channel, d.digest, d.due_at as "dueAt", d.state, count(i.*) as items
      from notifications.deliveries d join notifications.delivery_items i on i.delivery_id = d.id
      where d.user_id = $1 group by d.id, d.channel, d.digest, d.due_at, d.state order by d.channel, d.id`,
      [ann.userId],
    );
  return { ...board, ann, caller, tell, deliveries };
}
const jobsOf = (scene: Scene, ids: readonly string[]) =>
  scene.app.sql.query<{ id: string; name: string }>(
    `select given.id, name from feed.jobs cross join lateral (
      select coalesce(input ->> 'deliveryId', input -> 'input' ->> 'deliveryId') as id) given -- a letter has it in its own input
    where given.id = any($1::text[]) order by 1`,
    [ids],
  );
/** As if the time had come. */
const letAllBeDue = (scene: Scene) =>
  scene.app.sql.query(
    "update notifications.deliveries set due_at = now() - interval '1 second' where state = 'pending'",
  );

test("push goes at once, mail when the burst is over; each is handed on once, by whichever node", async ({ scene }) => {
  const { tell, deliveries } = await somebody(scene);
  const begin = Date.now();
  for (let nth = 0; nth < 5; nth += 1) await tell();
  const planned = await deliveries();
  expect(planned.map(({ channel, digest, items }) => [channel, digest, items])).toEqual([
    ...Array(5).fill(["mail", false, 1]),
    ...Array(5).fill(["push", false, 1]),
  ]);
  const gatherMs = scene.app.config.NOTIFICATION_GATHER_SECONDS * 1_000;
  const [mail] = planned;
  expect(Date.parse(mail?.dueAt as string)).toBeGreaterThanOrEqual(begin + gatherMs);
  const push = planned.filter(({ channel }) => channel === "push").map(({ id }) => id);

  const node = () => dispatchDeliveries(scene.ctx(null));
  await Promise.all([node(), node(), node(), node()]);
  expect((await jobsOf(scene, push)).map(({ id, name }) => [id, name])).toEqual(
    push.sort().map((id) => [id, "push.send"]),
  );
  expect((await deliveries()).map(({ state }) => state)).toEqual([
    ...Array(5).fill("pending"),
    ...Array(5).fill("queued"),
  ]);

  await letAllBeDue(scene);
  await Promise.all([node(), node(), node(), node()]);
  const all = planned.map(({ id }) => id);
  expect((await jobsOf(scene, all)).map(({ id }) => id)).toEqual(all.sort());
});

test("an hourly digest gathers the hour, and what comes after it was sent is in the next one", async ({ scene }) => {
  const { caller, tell, deliveries } = await somebody(scene);
  for (let nth = 0; nth < 3; nth += 1) await tell("commented");
  const [digest, ...others] = await deliveries();
  expect(others).toEqual([]);
  expect(digest).toMatchObject({ channel: "mail", digest: true, items: 3, state: "pending" });
  expect(new Date(digest?.dueAt as string).getUTCMinutes()).toBe(0);

  const rendered = await renderDelivery(scene.ctx(null), digest?.id as string);
  expect(rendered?.items).toHaveLength(3);
  expect(rendered).toMatchObject({ taskId: null, threadKey: `digest:${digest?.id}` });
  const [seen] = (await caller.notifications.list({})).items;
  await caller.notifications.read({ notificationId: seen?.id as string });
  expect((await renderDelivery(scene.ctx(null), digest?.id as string))?.items).toHaveLength(2);

  await letAllBeDue(scene);
  await dispatchDeliveries(scene.ctx(null));
  await tell("commented");
  expect((await deliveries()).map(({ state, items }) => [state, items])).toEqual([
    ["queued", 3],
    ["pending", 1],
  ]);
});

test("digests of many tellings at once are still one", async ({ scene }) => {
  const { tell, deliveries } = await somebody(scene);
  await Promise.all(Array.from({ length: 8 }, () => tell("commented")));
  expect((await deliveries()).map(({ digest, items }) => [digest, items])).toEqual([[true, 8]]);
});

test("quiet hours hold mail and push back until they end, together", async ({ scene }) => {
  const { caller, tell, deliveries } = await somebody(scene);
  const two = (value: number) => String(value).padStart(2, "0");
  const hour = new Date().getUTCHours();
  const hours = { quietFrom: `${two((hour + 23) % 24)}:00`, quietTo: `${two((hour + 3) % 24)}:00` };
  await caller.notificationPreferences.setHours(hours);
  await tell();
  await tell();
  const peace = { timeZone: "UTC", workingDays: [], holdDaysOff: false, digestHour: 9, ...hours };
  const dueAt = heldUntil(new Date(), peace).toISOString();
  expect(await deliveries()).toMatchObject([
    { channel: "mail", digest: true, items: 2, dueAt },
    { channel: "push", digest: true, items: 2, dueAt },
  ]);
  await dispatchDeliveries(scene.ctx(null));
  expect((await deliveries()).map(({ state }) => state)).toEqual(["pending", "pending"]);
});

test("a daily digest comes at the hour that one chose, in one's own time zone", async ({ scene }) => {
  const { ann, caller, tell, deliveries } = await somebody(scene);
  await caller.users.update({ timeZone: "Asia/Kolkata" });
  await caller.notificationPreferences.setHours({ digestHour: 17 });
  const cells = [
    { event: "assigned", channel: "mail", mode: "daily" } as const,
    { event: "assigned", channel: "push", mode: "off" } as const,
  ];
  await caller.notificationPreferences.set({ cells });
  await tell();
  const peace = {
    timeZone: "Asia/Kolkata",
    workingDays: [],
    quietFrom: null,
    quietTo: null,
    holdDaysOff: false,
    digestHour: 17,
  };
  const dueAt = digestAt(new Date(), "daily", peace).toISOString();
  expect(dueAt).toMatch(/T11:30:00.000Z$/);
  expect(await deliveries()).toMatchObject([{ channel: "mail", digest: true, dueAt }]);
  expect(ann.userId).toBeTruthy();
});

test("nobody gets the same notification twice by one channel", async ({ scene }) => {
  const { tell, deliveries } = await somebody(scene);
  await tell();
  const [mail] = await deliveries();
  await expect(
    scene.app.sql.query(
      `insert into notifications.delivery_items (organization_id, notification_id, channel, round, delivery_id)
      select organization_id, notification_id, channel, round, delivery_id from notifications.delivery_items where delivery_id = $1`,
      [mail?.id],
    ),
  ).rejects.toMatchObject({ code: "23505" });
});
