import { expect } from "vitest";
import { followSubjects, notifyPeople } from "../../workers/notifications.ts";
import type { Actor } from "../context.ts";
import type { NotificationView } from "../domain/notifications/notification.view.ts";
import type { Scene } from "./scene.ts";
import { ownPrefix, workersFor } from "./workers.ts";

/** Workers that tell people of changes, until the test ends. */
export const notifying = (scene: Scene) =>
  workersFor(scene, { prefix: ownPrefix(), consumers: [notifyPeople, followSubjects] });

/** Until every change so far has been met by all consumers that are owed it. */
export async function untilTold(scene: Scene): Promise<void> {
  const owed = `select count(*)::int as n from feed.changes c cross join feed.consumers k
    where c.at >= k.began_at and c.type = any($1::text[])
      and not exists (select from feed.inbox i where i.consumer = k.name and i.entity_id = c.entity_id and i.channel = c.channel
        and i.seq = c.seq and i.done_at is not null)`;
  await expect
    .poll(
      async () => {
        let left = 0;
        for (const { name, on } of [notifyPeople, followSubjects]) {
          const types = on.map(({ type }) => type);
          const [row] = await scene.app.sql.query<{ n: number }>(`${owed} and k.name = $2`, [types, name]);
          left += row?.n ?? 0;
        }
        return left;
      },
      { timeout: 10_000 },
    )
    .toBe(0);
}

/** What somebody's inbox holds, the earliest first. */
export async function inboxOf(scene: Scene, actor: Actor): Promise<NotificationView[]> {
  const { items } = await scene.caller(actor).notifications.list({ limit: 200 });
  return items.reverse();
}
