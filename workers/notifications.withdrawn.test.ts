import { expect, test } from "vitest";
import { tellChange } from "../server/domain/notifications/tell-change.ts";
import { insiderWith } from "../server/testing/discussion.ts";
import { inboxOf, notifying, untilTold } from "../server/testing/notifications.ts";
import { openScene } from "../server/testing/workers.ts";
import { inTransaction } from "../server/transaction.ts";

async function assigning(env: Record<string, string> = {}) {
  const scene = await openScene(env);
  const board = await scene.board();
  const ann = await insiderWith(scene, board, "editor", "Ann");
  const caller = scene.caller(board.owner);
  const taskId = board.task.id;
  const assign = () => caller.tasks.assign({ taskId, addAssigneeIds: [ann.userId] });
  const withdraw = () => caller.tasks.assign({ taskId, removeAssigneeIds: [ann.userId] });
  const assignments = async () => (await inboxOf(scene, ann)).filter(({ event }) => event === "assigned");
  const deliveries = () =>
    scene.app.sql.query(
      `select i.channel from notifications.delivery_items i join notifications.notifications n on n.id = i.notification_id
       where n.user_id = $1 and n.event = 'assigned'`,
      [ann.userId],
    );
  return { scene, ann, taskId, projectId: board.project.id, assign, withdraw, assignments, deliveries };
}

test("an assignment that is withdrawn while it gathers is told no longer, lawfully, and no mail goes out", async () => {
  const { scene, ann, assign, withdraw, assignments, deliveries } = await assigning();
  await notifying(scene);
  await assign();
  await untilTold(scene);
  expect(await assignments()).toHaveLength(1);
  expect(await deliveries()).toContainEqual({ channel: "mail" });

  await scene.expectLaw([[`user:${ann.userId}`, ann]], async () => {
    await withdraw();
    await untilTold(scene);
  });

  expect([await assignments(), await deliveries()]).toEqual([[], []]);
  await assign();
  await untilTold(scene);
  expect(await assignments()).toHaveLength(1);
});

test("one that is withdrawn before anybody is told is told to nobody", async () => {
  const { scene, projectId, assign, withdraw, assignments } = await assigning();
  await assign();
  await withdraw();
  const assigned = (await scene.changes(`project:${projectId}`)).filter(({ type }) => type === "task.assigned");
  for (const change of assigned)
    await inTransaction(scene.ctx(null), (ctx) => tellChange(ctx, change as Parameters<typeof tellChange>[1]));
  expect(assigned).toHaveLength(2);
  expect(await assignments()).toEqual([]);
});

test.for([
  ["was read", {}, true],
  ["gathers no more", { NOTIFICATION_GATHER_SECONDS: "0" }, false],
] as const)("one that %s stays", async ([, env, isRead]) => {
  const { scene, ann, taskId, assign, withdraw, assignments } = await assigning(env);
  await notifying(scene);
  await assign();
  await untilTold(scene);
  if (isRead) await scene.caller(ann).notifications.readAll({ taskId });
  await withdraw();
  await untilTold(scene);
  expect(await assignments()).toHaveLength(1);
});
