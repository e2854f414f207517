import { expect } from "vitest";
import type { Actor } from "../../context.ts";
import { insiderWith } from "../../testing/discussion.ts";
import { type Scene, test } from "../../testing/scene.ts";
import { inTransaction } from "../../transaction.ts";
import { tellPeople } from "./tell-people.ts";

async function audience(scene: Scene) {
  const board = await scene.board();
  const [ann, bob] = [
    await insiderWith(scene, board, "editor", "Ann"),
    await insiderWith(scene, board, "editor", "Bob"),
  ];
  const begin = Date.now();
  /** The owner hears that somebody moved the task, so many seconds after the beginning. */
  const moved = (actor: Actor, seconds: number, from: string, to: string) =>
    scene.expectLaw([[`user:${board.owner.userId}`, board.owner]], () =>
      inTransaction(scene.ctx(null), (ctx) =>
        tellPeople(ctx, {
          subject: { id: board.task.id, taskId: board.task.id },
          actorId: actor.userId,
          ways: [{ event: "status-changed", to: "named", people: () => [board.owner.userId] }],
          change: null,
          at: new Date(begin + seconds * 1_000).toISOString(),
          details: () => ({ from, to }),
        }),
      ),
    );
  const told = async () => (await scene.caller(board.owner).notifications.list({})).items.reverse();
  return { ...board, ann, bob, moved, told, begin };
}

test("acts that are told in another order than they happened gather into the same", async ({ scene }) => {
  const { ann, bob, moved, told, begin } = await audience(scene);
  await moved(ann, 20, "Doing", "Done");
  await moved(bob, 10, "To do", "Doing");
  await moved(ann, 5, "Backlog", "To do");
  expect(await told()).toMatchObject([
    {
      count: 3,
      actorNames: ["Ann", "Bob"],
      details: { from: "Backlog", to: "Done" },
      updatedAt: new Date(begin + 20_000).toISOString(),
    },
  ]);
});

test("what happens after a burst is over, or was read, is told anew", async ({ scene }) => {
  const { owner, ann, moved, told } = await audience(scene);
  const gatherSeconds = scene.app.config.NOTIFICATION_GATHER_SECONDS;
  await moved(ann, 0, "To do", "Doing");
  await moved(ann, gatherSeconds - 1, "Doing", "Done");
  await moved(ann, gatherSeconds + 1, "Done", "Doing");
  expect((await told()).map(({ count }) => count)).toEqual([2, 1]);
  await scene.caller(owner).notifications.readAll({});
  await moved(ann, gatherSeconds + 2, "Doing", "Done");
  expect((await told()).map(({ count }) => count)).toEqual([2, 1, 1]);
});

test("nobody is told of a task in the trash, and strangers of none at all", async ({ scene }) => {
  const { owner, task, bob, ann, moved, told } = await audience(scene);
  await scene.caller(owner).tasks.delete({ taskId: task.id });
  expect(await moved(bob, 0, "To do", "Doing")).toBe(0);
  await scene.caller(owner).tasks.restore({ taskId: task.id });
  expect(await moved(bob, 0, "To do", "Doing")).toBe(1);
  expect(await moved(owner, 1, "To do", "Doing")).toBe(0); // their own act
  const stranger = await scene.person();
  const strangersTold = await inTransaction(scene.ctx(null), (ctx) =>
    tellPeople(ctx, {
      subject: { id: task.id, taskId: task.id },
      actorId: ann.userId,
      ways: [{ event: "assigned", to: "named", people: () => [stranger.userId, crypto.randomUUID()] }],
      change: null,
    }),
  );
  expect(strangersTold).toBe(0);
  expect(await told()).toHaveLength(1);
});
