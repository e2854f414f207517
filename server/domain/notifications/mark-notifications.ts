import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { id } from "../fields.ts";
import { accessNotification } from "./notification.access.ts";
import { notificationArchived, notificationRead, notificationUnread } from "./notification.events.ts";
import { archive, changeNotifications, unarchive } from "./notification.save.ts";
import { inInbox, type NotificationView, notificationColumns } from "./notification.view.ts";

export const notificationInput = z.object({ notificationId: id });
type Input = z.output<typeof notificationInput>;

/** Marks a notification as read, on all devices of the caller. Repeated, it changes nothing. @throws AppError `not-found` */
export const readNotification = (ctx: Ctx, { notificationId }: Input): Promise<NotificationView> =>
  inTransaction(ctx, async (ctx) => {
    const { notification, isArchived } = await accessNotification(ctx, notificationId);
    if (notification.readAt || isArchived) return notification;
    const [read] = changeNotifications(ctx, notificationRead, [notification], { readAt: ctx.now.toISOString() });
    return read as NotificationView;
  });

/** Marks a notification as unread again; an archived one stays as it is. @throws AppError `not-found` */
export const unreadNotification = (ctx: Ctx, { notificationId }: Input): Promise<NotificationView> =>
  inTransaction(ctx, async (ctx) => {
    const { notification, isArchived } = await accessNotification(ctx, notificationId);
    if (!notification.readAt || isArchived) return notification;
    const [unread] = changeNotifications(ctx, notificationUnread, [notification], { readAt: null });
    return unread as NotificationView;
  });

/** Takes a notification out of the inbox, read. Repeated, it changes nothing. @throws AppError `not-found` */
export const archiveNotification = (ctx: Ctx, { notificationId }: Input): Promise<NotificationView> =>
  inTransaction(ctx, async (ctx) => {
    const { notification, isArchived } = await accessNotification(ctx, notificationId);
    if (isArchived) return notification;
    const [archived] = archive(ctx, notificationArchived, [notification]);
    return archived as NotificationView;
  });

/** Takes a notification back into the inbox. Repeated, it changes nothing. @throws AppError `not-found` */
export const unarchiveNotification = (ctx: Ctx, { notificationId }: Input): Promise<NotificationView> =>
  inTransaction(ctx, async (ctx) => {
    const { notification, isArchived } = await accessNotification(ctx, notificationId);
    return isArchived ? unarchive(ctx, notification) : notification;
  });

export const markAllInput = z.object({
  organizationId: id.optional(),
  projectId: id.optional(),
  taskId: id.optional(),
  until: z.iso.datetime().optional().describe("only what came up to then: what the caller has seen"),
});
export const markedSchema = z.object({ marked: z.int().describe("how many changed") });

/** Locked in the order of their ids, as one by one. */
const those = (name: string, condition: string) =>
  statement(
    name,
    `select ${notificationColumns} from notifications.notifications n
    where n.user_id = $1 and ${inInbox} and ${condition}
      and ($2::uuid is null or n.organization_id = $2) and ($3::uuid is null or n.project_id = $3)
      and ($4::uuid is null or n.task_id = $4) and n.updated_at <= coalesce($5::timestamptz, 'infinity')
    order by n.id for no key update`,
  );
const unreadStatement = those("notification.all-unread", "n.read_at is null and n.snoozed_until is null");
const readStatement = those("notification.all-read", "n.read_at is not null and n.snoozed_until is null");

const valuesOf = (ctx: Ctx, { organizationId, projectId, taskId, until }: z.output<typeof markAllInput>) => [
  ctx.actor.userId,
  organizationId ?? null,
  projectId ?? null,
  taskId ?? null,
  until ?? null,
];

/** Marks all of the caller's notifications as read, or those of an organization, a project or a task. */
export const readAllNotifications = (ctx: Ctx, input: z.output<typeof markAllInput>): Promise<{ marked: number }> =>
  inTransaction(ctx, async (ctx) => {
    const unread = await ctx.sql.query<NotificationView>(unreadStatement, valuesOf(ctx, input));
    changeNotifications(ctx, notificationRead, unread, { readAt: ctx.now.toISOString() });
    return { marked: unread.length };
  });

/** Archives all that the caller has read, or that of an organization, a project or a task. */
export const archiveReadNotifications = (ctx: Ctx, input: z.output<typeof markAllInput>): Promise<{ marked: number }> =>
  inTransaction(ctx, async (ctx) => {
    const read = await ctx.sql.query<NotificationView>(readStatement, valuesOf(ctx, input));
    archive(ctx, notificationArchived, read);
    return { marked: read.length };
  });
