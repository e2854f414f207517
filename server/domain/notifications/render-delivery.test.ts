import { expect } from "vitest";
import { insiderWith } from "../../testing/discussion.ts";
import { type Scene, test } from "../../testing/scene.ts";
import { inTransaction } from "../../transaction.ts";
import { finishDelivery, renderDelivery } from "./render-delivery.ts";
import { tellPeople } from "./tell-people.ts";

/** Somebody who was told of an assignment, with what is to be sent to them. */
async function told(scene: Scene) {
  const board = await scene.board();
  const ann = await insiderWith(scene, board, "editor", "Ann");
  await scene.caller(board.owner).tasks.assign({ taskId: board.task.id, assigneeIds: [ann.userId] });
  await inTransaction(scene.ctx(null), (ctx) =>
    tellPeople(ctx, {
      subject: { id: board.task.id, taskId: board.task.id },
      actorId: board.owner.userId,
      ways: [{ event: "assigned", to: "named", people: () => [ann.userId] }],
      change: null,
    }),
  );
  const deliveries = await scene.app.sql.query<{ id: string; channel: string }>(
    "select id, channel from notifications.deliveries where user_id = $1 order by channel",
    [ann.userId],
  );
  expect(deliveries.map(({ channel }) => channel)).toEqual(["mail", "push"]);
  const [mail, push] = deliveries.map(({ id }) => id) as [string, string];
  const [notification] = (await scene.caller(ann).notifications.list({})).items;
  return {
    ...board,
    ann,
    mail,
    push,
    notificationId: notification?.id as string,
    render: () => renderDelivery(scene.ctx(null), mail),
  };
}

test("a delivery says what happened, to whom, and where to look", async ({ scene }) => {
  const { ann, task, mail, render, notificationId } = await told(scene);
  expect(await render()).toEqual({
    deliveryId: mail,
    userId: ann.userId,
    person: { name: "Ann", email: expect.stringContaining("@"), timeZone: "UTC", locale: "en" },
    channel: "mail",
    organizationId: task.organizationId,
    projectId: task.projectId,
    items: [
      {
        notificationId,
        event: "assigned",
        title: `${task.key} First`,
        body: expect.stringMatching(/assigned you$/),
        excerptHtml: null,
        commentId: null,
        url: expect.stringContaining(task.id),
        actorName: expect.any(String),
        at: expect.any(String),
      },
    ],
    threadKey: `task:${task.id}`,
    taskId: task.id,
    commentId: null,
    taskKey: task.key,
    taskTitle: "First",
  });
});

type Told = Awaited<ReturnType<typeof told>>;
const mailOff = { event: "assigned", channel: "mail", mode: "off" } as const;
const ends: [string, (scene: Scene, told: Told) => Promise<unknown>][] = [
  ["read it", (scene, { ann, notificationId }) => scene.caller(ann).notifications.read({ notificationId })],
  ["archived it", (scene, { ann, notificationId }) => scene.caller(ann).notifications.archive({ notificationId })],
  [
    "snoozed it",
    (scene, { ann, notificationId }) =>
      scene.caller(ann).notifications.snooze({ notificationId, until: new Date(Date.now() + 60_000).toISOString() }),
  ],
  ["switched it off", (scene, { ann }) => scene.caller(ann).notificationPreferences.set({ cells: [mailOff] })],
  [
    "hears nothing of the project",
    (scene, { ann, project }) => scene.caller(ann).watchLevels.set({ projectId: project.id, level: "nothing" }),
  ],
  [
    "left the organization",
    (scene, { owner, ann, organization }) =>
      scene.caller(owner).members.remove({ organizationId: organization.id, userId: ann.userId }),
  ],
  ["cannot look into the trash", (scene, { owner, task }) => scene.caller(owner).tasks.delete({ taskId: task.id })],
  ["got it already", (scene, { mail }) => finishDelivery(scene.ctx(null), mail, "sent")],
];

test.for(ends)("nothing is sent any more to somebody who %s", async ([, end], { scene }) => {
  const given = await told(scene);
  expect(await given.render()).not.toBeNull();
  await end(scene, given);
  expect(await given.render()).toBeNull();
});

test("what became of a delivery stays", async ({ scene }) => {
  const { push } = await told(scene);
  await finishDelivery(scene.ctx(null), push, "failed", "gone");
  await finishDelivery(scene.ctx(null), push, "sent");
  expect(await scene.app.sql.query("select state, detail from notifications.deliveries where id = $1", [push])).toEqual(
    [{ state: "failed", detail: "gone" }],
  );
});
