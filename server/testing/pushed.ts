import { expect } from "vitest";
import { forgetSignedOut, sendPushes } from "../../workers/push.ts";
import type { Actor } from "../context.ts";
import { dispatchDeliveries } from "../domain/notifications/dispatch-deliveries.ts";
import { tellPeople } from "../domain/notifications/tell-people.ts";
import { inTransaction } from "../transaction.ts";
import { insiderWith } from "./discussion.ts";
import { openPushService } from "./push.ts";
import { openScene, ownPrefix, workersFor } from "./workers.ts";

const inboxes = new WeakMap<Actor, () => Promise<string[]>>();

/** What is in somebody's inbox. */
export const notificationIdsOf = (actor: Actor) => (inboxes.get(actor) as () => Promise<string[]>)();

/** Ann, who is told of an assignment by push, and the workers that do it. */
export async function pushedScene(title = "First") {
  const service = await openPushService();
  const scene = await openScene({ NOTIFICATION_GATHER_SECONDS: "0" });
  const board = await scene.board();
  const owner = scene.caller(board.owner);
  const task = await owner.tasks.create({ projectId: board.project.id, title, statusId: board.todo.id });
  const ann = await insiderWith(scene, board, "editor", "Ann");
  inboxes.set(ann, async () => (await scene.caller(ann).notifications.list({})).items.map(({ id }) => id));
  let started = false;
  const start = async () => {
    if (!started) await workersFor(scene, { prefix: ownPrefix(), jobs: [sendPushes], consumers: [forgetSignedOut] });
    started = true;
  };
  return {
    service,
    scene,
    ann,
    title,
    async openBrowser(of: Actor = ann) {
      const { publicKey } = await scene.caller(of).pushSubscriptions.key();
      const browser = await service.open(publicKey as string);
      await scene.caller(of).pushSubscriptions.create(browser.subscription);
      return browser;
    },
    /** @param more.before runs when Ann was told, and before her devices are */
    async assign(more: { before?: () => Promise<unknown> } = {}) {
      await inTransaction(scene.ctx(null), (ctx) =>
        tellPeople(ctx, {
          subject: { id: task.id, taskId: task.id },
          actorId: board.owner.userId,
          ways: [{ event: "assigned", to: "named", people: () => [ann.userId] }],
          change: null,
        }),
      );
      await scene.app.sql.query("update notifications.deliveries set due_at = now()");
      await more.before?.();
      await dispatchDeliveries(scene.ctx(null));
      await start();
    },
    untilIdle: () =>
      expect
        .poll(() => scene.app.sql.query("select from feed.jobs where name = 'push.send'"), { timeout: 10_000 })
        .toEqual([]),
    untilFailed: () =>
      expect
        .poll(() => scene.app.sql.query("select error from feed.jobs where name = 'push.send'"), { timeout: 5_000 })
        .toMatchObject([{ error: expect.stringContaining("must wait") }]),
    deliveries: () => scene.app.sql.query("select state, detail from notifications.deliveries where channel = 'push'"),
    /** Workers that forget devices. */
    forgetting: start,
  };
}
