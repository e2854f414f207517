import { z } from "zod";
import type { Ctx, PublicCtx } from "../../context.ts";
import { ruleBroken } from "../../errors.ts";
import { enqueue } from "../../platform/jobs.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { id } from "../fields.ts";
import { wishesColumns, wishesJoins } from "./find-recipients.ts";
import { accessNotification } from "./notification.access.ts";
import { notificationSnoozed, notificationWoken } from "./notification.events.ts";
import { wakeJob } from "./notification.jobs.ts";
import { changeNotifications } from "./notification.save.ts";
import { inInbox, type NotificationView, notificationColumns } from "./notification.view.ts";
import { type Planned, planDeliveries } from "./plan-deliveries.ts";
import { resolvePreference, type Wishes } from "./resolve-preference.ts";

const longestDays = 366;

export const snoozeNotificationInput = z.object({
  notificationId: id,
  until: z.iso.datetime().describe("when it comes back; at most a year ahead"),
});

/**
 * Hides a notification until then; it comes back unread.
 *
 * @throws AppError `not-found` | `rule.broken` (archived; not in the future, or too far in it)
 */
export const snoozeNotification = (
  ctx: Ctx,
  { notificationId, until }: z.output<typeof snoozeNotificationInput>,
): Promise<NotificationView> =>
  inTransaction(ctx, async (ctx) => {
    const { notification, isArchived } = await accessNotification(ctx, notificationId);
    if (isArchived) throw ruleBroken("notification.archived", "It is archived; take it back into the inbox first.");
    const runAt = new Date(until);
    const aheadMs = runAt.getTime() - ctx.now.getTime();
    if (aheadMs <= 0 || aheadMs > longestDays * 86_400_000)
      throw ruleBroken("notification.snooze-span", "Snooze until a moment in the year ahead.");
    if (notification.snoozedUntil === runAt.toISOString()) return notification;
    enqueue(ctx, wakeJob, { notificationId }, { runAt });
    const snoozed = { snoozedUntil: runAt.toISOString() };
    const [hidden] = changeNotifications(ctx, notificationSnoozed, [notification], snoozed);
    return hidden as NotificationView;
  });

/** Shows a snoozed notification again, unread. Repeated, it changes nothing. @throws AppError `not-found` */
export const unsnoozeNotification = (
  ctx: Ctx,
  { notificationId }: { notificationId: string },
): Promise<NotificationView> =>
  inTransaction(ctx, async (ctx) => {
    const { notification } = await accessNotification(ctx, notificationId);
    return notification.snoozedUntil ? wake(ctx, notification) : notification;
  });

function wake(ctx: PublicCtx, notification: NotificationView): NotificationView {
  const [awake] = changeNotifications(ctx, notificationWoken, [notification], { readAt: null, snoozedUntil: null });
  return awake as NotificationView;
}

const lockStatement = statement(
  "notification.lock-snoozed",
  "select from notifications.notifications where id = $1 for no key update",
);
const dueStatement = statement(
  "notification.snoozed",
  `select ${notificationColumns} from notifications.notifications n where n.id = $1 and n.snoozed_until <= now() and ${inInbox}`,
);
const sleeperStatement = statement(
  "notification.sleeper",
  `select u.id as "userId", ${wishesColumns},
    (select coalesce(max(i.round), 0) + 1 from notifications.delivery_items i where i.notification_id = n.id) as round
  from notifications.notifications n join auth.users u on u.id = n.user_id
  ${wishesJoins("n.organization_id", "n.project_id", "n.task_id")} where n.id = $1`,
);

/** Brings back what was snoozed until now, and tells its person as they wish. What was snoozed anew stays hidden. */
export const wakeNotification = (ctx: PublicCtx, { notificationId }: { notificationId: string }): Promise<void> =>
  inTransaction(ctx, async (ctx) => {
    const [, [notification], [sleeper]] = await Promise.all([
      ctx.sql.query(lockStatement, [notificationId]),
      ctx.sql.query<NotificationView>(dueStatement, [notificationId]),
      ctx.sql.query<Planned["person"] & Wishes & { round: number }>(sleeperStatement, [notificationId]),
    ]);
    if (!notification || !sleeper) return;
    wake(ctx, notification);
    const modeOf = (channel: "mail" | "push") => resolvePreference(sleeper, "snooze-ended", channel).mode;
    const modes = { inApp: "instant", mail: modeOf("mail"), push: modeOf("push") } as const;
    const { round, ...person } = sleeper;
    planDeliveries(ctx, notification.organizationId, [{ notificationId, person, modes, round, mailFrom: ctx.now }]);
  });
