import { expect, test } from "vitest";
import { discussion, insiderWith } from "../server/testing/discussion.ts";
import { inboxOf, notifying, untilTold } from "../server/testing/notifications.ts";
import { describeBrokers, openScene } from "../server/testing/workers.ts";

describeBrokers("notifications", (env) => {
  test("people are told of what concerns them, in their own channel, and nobody of their own act", async () => {
    const scene = await openScene(env);
    await notifying(scene);
    const { task, project, caller, owner, comment, doing } = await discussion(scene);
    const ann = await insiderWith(scene, { owner, project }, "editor", "Ann");
    const bob = await insiderWith(scene, { owner, project }, "editor", "Bob");
    await untilTold(scene);
    const begin = await scene.snapshot(bob, `user:${bob.userId}`);

    await caller.tasks.assign({ taskId: task.id, addAssigneeIds: [bob.userId] });
    await scene.caller(ann).comments.create({ taskId: task.id, body: `Look, @[Bob](user:${bob.userId}) & 1 < 2` });
    await scene.caller(bob).comments.create({ taskId: task.id, body: "Done", threadId: comment.id });
    await caller.tasks.move({ taskId: task.id, toStatusId: doing.id, afterTaskId: null });
    await untilTold(scene);

    expect((await inboxOf(scene, bob)).map(({ event, actorNames }) => [event, ...actorNames])).toEqual([
      ["project-role", expect.any(String)],
      ["assigned", expect.any(String)],
      ["mentioned", "Ann"],
      ["status-changed", expect.any(String)],
    ]);
    const [, assigned, mentioned, moved] = await inboxOf(scene, bob);
    expect(assigned).toMatchObject({ taskKey: task.key, title: task.title, actorIds: [owner.userId], count: 1 });
    expect(mentioned?.excerpt).toBe("Look, @Bob & 1 < 2");
    expect(moved?.details).toEqual({ from: "To do", to: "In progress" });
    expect((await inboxOf(scene, owner)).map(({ event }) => event)).toEqual(["commented", "replied"]);

    for (const change of await scene.changes(`user:${bob.userId}`, begin.seq)) begin.apply(change);
    expect(begin.toJSON()).toEqual((await scene.snapshot(bob, `user:${bob.userId}`)).toJSON());
  });
});
