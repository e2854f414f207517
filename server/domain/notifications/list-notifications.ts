import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { pageFrom, placeOf } from "../cursor.ts";
import { id, page } from "../fields.ts";
import { eventSchema } from "./event.matrix.ts";
import { type NotificationView, notificationColumns } from "./notification.view.ts";

export const listNotificationsInput = z.strictObject({
  state: z
    .enum(["inbox", "unread", "snoozed", "archived"])
    .default("inbox")
    .describe("`inbox`: neither archived nor snoozed"),
  organizationId: id.optional(),
  projectId: id.optional(),
  taskId: id.optional(),
  event: eventSchema.optional(),
  ...page,
});

/** Fixed texts: no caller's word becomes part of them. */
const states = {
  inbox: "n.archived_at is null and n.snoozed_until is null",
  unread: "n.archived_at is null and n.snoozed_until is null and n.read_at is null",
  snoozed: "n.archived_at is null and n.snoozed_until is not null",
  archived: "n.archived_at is not null",
} as const;
const about = (first: number) => `($${first}::uuid is null or n.organization_id = $${first})
  and ($${first + 1}::uuid is null or n.project_id = $${first + 1}) and ($${first + 2}::uuid is null or n.task_id = $${first + 2})`;

const listStatements = Object.fromEntries(
  Object.entries(states).map(([state, condition]) => [
    state,
    statement(
      `notification.list-${state}`,
      `select ${notificationColumns}, n.updated_at::text as "sortText" from notifications.notifications n
      where n.user_id = $1 and n.in_app and ${condition} and ${about(2)} and ($5::text is null or n.event = $5)
        and ($6::text is null or (n.updated_at, n.id) < ($6::timestamptz, $7::uuid))
      order by n.updated_at desc, n.id desc limit $8`,
    ),
  ]),
) as Record<keyof typeof states, ReturnType<typeof statement>>;

/** The caller's notifications, the latest first. @throws AppError `validation.failed` (cursor) */
export async function listNotifications(ctx: Ctx, input: z.output<typeof listNotificationsInput>) {
  const { state, organizationId = null, projectId = null, taskId = null, event = null, cursor, limit } = input;
  const values = [ctx.actor.userId, organizationId, projectId, taskId, event, ...placeOf(cursor), limit + 1];
  return pageFrom(await ctx.sql.query<NotificationView & { sortText: string }>(listStatements[state], values), limit);
}

export const notificationCountsSchema = z
  .object({
    unread: z.int(),
    inbox: z.int(),
    snoozed: z.int(),
    unreadByOrganization: z.array(z.object({ organizationId: z.uuid(), unread: z.int() })),
  })
  .meta({ id: "NotificationCounts" });

const countStatement = statement(
  "notification.count",
  `select n.organization_id as "organizationId", count(*) filter (where ${states.unread}) as unread,
    count(*) filter (where ${states.inbox}) as inbox, count(*) filter (where ${states.snoozed}) as snoozed
  from notifications.notifications n where n.user_id = $1 and n.in_app and n.archived_at is null
  group by n.organization_id order by n.organization_id`,
);

/** How much is in the caller's inbox. Who follows their own channel can count it in their copy. */
export async function countNotifications(ctx: Ctx): Promise<z.output<typeof notificationCountsSchema>> {
  const rows = await ctx.sql.query<{ organizationId: string; unread: number; inbox: number; snoozed: number }>(
    countStatement,
    [ctx.actor.userId],
  );
  const sum = (field: "unread" | "inbox" | "snoozed") => rows.reduce((total, row) => total + row[field], 0);
  return {
    unread: sum("unread"),
    inbox: sum("inbox"),
    snoozed: sum("snoozed"),
    unreadByOrganization: rows.map(({ organizationId, unread }) => ({ organizationId, unread })),
  };
}
