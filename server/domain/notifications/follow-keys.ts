import type { Ctx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { notificationUpdated } from "./notification.events.ts";
import { holdOrganization } from "./notification.locks.ts";
import { changeNotifications } from "./notification.save.ts";
import { inInbox, type NotificationView, notificationColumns } from "./notification.view.ts";

const outdatedStatement = statement(
  "notification.of-rekeyed-tasks",
  `select ${notificationColumns}, t.key from notifications.notifications n join tasks.tasks t on t.id = n.task_id
  where n.task_id = any($1::uuid[]) and ${inInbox} and n.task_key <> t.key order by n.id for no key update of n`,
);

/** Notifications show the key that their task has now. Who is told meanwhile waits, and then reads the new one. */
export async function followKeys(
  ctx: Ctx,
  { organizationId, taskIds }: { organizationId: string; taskIds: readonly string[] },
) {
  await holdOrganization(ctx, organizationId);
  return async () => {
    const outdated = await ctx.sql.query<NotificationView & { key: string }>(outdatedStatement, [taskIds]);
    for (const { key, ...notification } of outdated)
      changeNotifications(ctx, notificationUpdated, [notification], { taskKey: key });
  };
}
