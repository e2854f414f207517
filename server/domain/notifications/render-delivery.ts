import type { PublicCtx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { projectRoleSql } from "../projects/project.access.ts";
import { decidesOnSheetSql } from "../time/timesheet.access.ts";
import type { NotificationEvent, WatchLevel } from "./event.matrix.ts";
import { wishesColumns, wishesJoins } from "./find-recipients.ts";
import { linkTo } from "./notification.link.ts";
import { textOf } from "./notification.text.ts";
import { type NotificationView, notificationColumns } from "./notification.view.ts";
import type { Modes } from "./preference.view.ts";
import { resolvePreference } from "./resolve-preference.ts";
import { hears } from "./tell-people.ts";

/** One notification, in words. */
export interface RenderedItem {
  readonly notificationId: string;
  readonly event: NotificationEvent;
  /** What it is about: `WEB-12 Login fails`. */
  readonly title: string;
  /** What happened: `Ada commented`. */
  readonly body: string;
  /** The latest comment as safe HTML, whole. */
  readonly excerptHtml: string | null;
  /** The latest comment. */
  readonly commentId: string | null;
  readonly url: string;
  readonly actorName: string | null;
  readonly at: string;
}

/** A letter or push message that is to be sent now. */
export interface RenderedDelivery {
  readonly deliveryId: string;
  readonly userId: string;
  readonly person: {
    readonly name: string;
    readonly email: string;
    readonly timeZone: string;
    readonly locale: string;
  };
  readonly channel: "mail" | "push";
  readonly organizationId: string;
  /** Of the only project it is about. */
  readonly projectId: string | null;
  /** The latest last; several in a digest. */
  readonly items: readonly RenderedItem[];
  /** What belongs to one conversation has one key. */
  readonly threadKey: string;
  /** These four of the only task it is about. */
  readonly taskId: string | null;
  readonly commentId: string | null;
  readonly taskKey: string | null;
  readonly taskTitle: string | null;
}

const deliveryStatement = statement(
  "delivery.read",
  `select d.id, d.user_id as "userId", d.channel, d.organization_id as "organizationId",
    u.name, u.email, u.time_zone as "timeZone", u.locale
  from notifications.deliveries d join auth.users u on u.id = d.user_id
  where d.id = $1 and d.finished_at is null and u.disabled_at is null`,
);

/* Rights, wishes and state are those of now: what was read, silenced or lost meanwhile is not sent. */
const itemsStatement = statement(
  "delivery.items",
  `select ${notificationColumns}, c.html as "commentHtml", i.round, ${wishesColumns}
  from notifications.delivery_items i
  join notifications.notifications n on n.id = i.notification_id
  join auth.users u on u.id = n.user_id
  left join organizations.members m on m.organization_id = n.organization_id and m.user_id = n.user_id
  left join projects.projects p on p.id = n.project_id
  left join tasks.tasks t on t.id = n.task_id
  left join comments.comments c on c.id = n.comment_id and c.deleted_at is null
  ${wishesJoins("n.organization_id", "n.project_id", "n.task_id")}
  where i.delivery_id = $1 and n.read_at is null and n.archived_at is null and n.snoozed_until is null
    and (n.event = 'invited' and m.id is null or m.id is not null and (n.project_id is null or ${projectRoleSql("p", "u.id")} > 0))
    and (n.event <> 'invited' or exists (select from organizations.invitations o where o.id = n.subject_id and o.expires_at > now()))
    and (n.event <> 'timesheet-submitted' or ${decidesOnSheetSql("n.subject_id", "m")})
    and (not n.internal or m.role <> 'guest') and t.deleted_at is null and (n.comment_id is null or c.id is not null)
  order by n.updated_at, n.id`,
);

interface ItemRow extends NotificationView {
  commentHtml: string | null;
  round: number;
  level: WatchLevel;
  muted: boolean;
  personal: Modes | null;
  organization: Modes | null;
  project: Modes | null;
}

/**
 * What a delivery says, as of now.
 *
 * @returns null when there is nothing to send any more: it was sent, or all of it was read, silenced, taken back or
 *   moved out of the person's sight meanwhile
 */
export async function renderDelivery(ctx: PublicCtx, deliveryId: string): Promise<RenderedDelivery | null> {
  const [[delivery], rows] = await Promise.all([
    ctx.sql.query<DeliveryRow>(deliveryStatement, [deliveryId]),
    ctx.sql.query<ItemRow>(itemsStatement, [deliveryId]),
  ]);
  if (!delivery) return null;
  const wanted = rows.filter((row) => {
    const event = row.round > 0 ? "snooze-ended" : row.event;
    return hears(row, row.event) && resolvePreference(row, event, delivery.channel).mode !== "off";
  });
  const [first] = wanted;
  if (!first) return null;
  const only = <T>(of: (row: ItemRow) => T): T | null => {
    const values = new Set(wanted.map(of));
    return values.size === 1 ? of(first) : null;
  };
  const taskId = only((row) => row.taskId);
  const { id, name, email, timeZone, locale, ...rest } = delivery;
  return {
    deliveryId: id,
    ...rest,
    person: { name, email, timeZone, locale },
    projectId: only((row) => row.projectId),
    items: wanted.map((row) => itemOf(ctx, row)),
    threadKey: taskId ? `task:${taskId}` : wanted.length === 1 ? `${first.event}:${first.subjectId}` : `digest:${id}`,
    taskId,
    commentId: only((row) => row.commentId),
    taskKey: taskId && first.taskKey,
    taskTitle: taskId && first.title,
  };
}

interface DeliveryRow {
  id: string;
  userId: string;
  channel: "mail" | "push";
  organizationId: string;
  name: string;
  email: string;
  timeZone: string;
  locale: string;
}

const itemOf = (ctx: PublicCtx, row: ItemRow): RenderedItem => ({
  notificationId: row.id,
  event: row.event,
  ...textOf(row),
  excerptHtml: row.commentHtml,
  commentId: row.commentId,
  url: linkTo(ctx, row),
  actorName: row.actorNames[0] ?? null,
  at: row.updatedAt,
});

const finishStatement = statement(
  "delivery.finish",
  `update notifications.deliveries set state = $2, detail = left($3, 500), finished_at = now()
  where id = $1 and finished_at is null`,
);

/** Notes what became of a delivery. What has an outcome keeps it. */
export async function finishDelivery(
  ctx: PublicCtx,
  deliveryId: string,
  outcome: "sent" | "skipped" | "failed",
  detail?: string,
): Promise<void> {
  await ctx.sql.query(finishStatement, [deliveryId, outcome, detail ?? null]);
}
