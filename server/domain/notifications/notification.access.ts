import type { Ctx } from "../../context.ts";
import { notFound } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { type NotificationView, notificationColumns } from "./notification.view.ts";

/** A notification, and whether it left the inbox. */
interface OwnNotification {
  readonly notification: NotificationView;
  readonly isArchived: boolean;
}

/* What was meant for no inbox, only for mail or push, is in none. */
const readStatement = statement(
  "notification.access",
  `select ${notificationColumns}, n.archived_at is not null as "isArchived" from notifications.notifications n
  where n.id = $1 and n.user_id = $2 and n.in_app`,
);
const lockStatement = statement(
  "notification.lock",
  "select from notifications.notifications where id = $1 and user_id = $2 for no key update",
);

/**
 * The only way to a notification by id: one's own. Inside a transaction it is locked.
 *
 * @throws AppError `not-found` (others' and missing ones fail alike)
 */
export async function accessNotification(ctx: Ctx, notificationId: string): Promise<OwnNotification> {
  const values = [notificationId, ctx.actor.userId];
  const [, [row]] = await Promise.all([
    ctx.transaction ? ctx.sql.query(lockStatement, values) : null,
    ctx.sql.query<NotificationView & { isArchived: boolean }>(readStatement, values),
  ]);
  if (!row) throw notFound("notification", notificationId);
  const { isArchived, ...notification } = row;
  return { notification, isArchived };
}
