import { expect } from "vitest";
import { discussion, insiderWith } from "../server/testing/discussion.ts";
import { connect, startNode, until } from "../server/testing/gateway.ts";
import { notifying } from "../server/testing/notifications.ts";
import { test } from "../server/testing/scene.ts";

test("every device of a person hears of a notification, and of its reading, without asking", async ({ scene }) => {
  await notifying(scene);
  const node = await startNode(scene.app);
  const { task, project, owner, caller } = await discussion(scene);
  const ann = await insiderWith(scene, { owner, project }, "editor", "Ann");
  const channel = `user:${ann.userId}` as const;
  const [phone, desk] = await Promise.all([connect(node, ann), connect(node, ann)]);
  for (const device of [phone, desk]) await device.join(channel, await scene.head(channel));

  await caller.comments.create({ taskId: task.id, body: `@[Ann](user:${ann.userId})` });
  const toldOn = (device: typeof phone, type: string) =>
    device.changes(channel).filter((change) => change.type === type);
  for (const device of [phone, desk]) {
    await until(() =>
      expect(toldOn(device, "notification.created").map(({ patch }) => patch["event"])).toContain("mentioned"),
    );
  }
  const told = toldOn(phone, "notification.created").find(({ patch }) => patch["event"] === "mentioned");
  await scene.caller(ann).notifications.read({ notificationId: told?.entityId as string });
  for (const device of [phone, desk]) {
    await until(() =>
      expect(toldOn(device, "notification.read").map(({ entityId }) => entityId)).toEqual([told?.entityId]),
    );
  }
});
