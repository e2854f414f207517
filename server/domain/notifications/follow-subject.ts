import type { PublicCtx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { record } from "../change.ts";
import type { ChangeOf } from "../events.ts";
import { notificationDropped, notificationRead, notificationUpdated } from "./notification.events.ts";
import { holdSubjects } from "./notification.locks.ts";
import { changeNotifications } from "./notification.save.ts";
import { inInbox, type NotificationView, notificationColumns } from "./notification.view.ts";
import { plainText } from "./plain-text.ts";

type Followed = ChangeOf<
  | "task.updated"
  | "task.assigned"
  | "comment.updated"
  | "comment.deleted"
  | "comment.reading-began"
  | "comment.reading-advanced"
  | "invitation.withdrawn"
  | "invitation.accepted"
>;

const ofTaskStatement = statement(
  "notification.of-task",
  `select ${notificationColumns} from notifications.notifications n
  where n.task_id = $1 and ${inInbox} order by n.id for no key update`,
);
/* Unread, and not sent by mail yet: that waits as long as more may gather. */
const dropAssignmentsStatement = statement(
  "notification.drop-assignments",
  `delete from notifications.notifications n where n.task_id = $1 and n.event = 'assigned' and n.read_at is null and n.gathers_until > $2
    and not exists (select from tasks.task_assignees a where a.task_id = n.task_id and a.user_id = n.user_id)
  returning ${notificationColumns}, ${inInbox} as "inInbox"`,
);
const ofCommentStatement = statement(
  "notification.of-comment",
  `select ${notificationColumns} from notifications.notifications n
  where n.task_id = $1 and n.comment_id = $2 and ${inInbox} order by n.id for no key update`,
);
const dropInvitationsStatement = statement(
  "notification.drop-invitations",
  `delete from notifications.notifications n where n.organization_id = $1 and n.event = 'invited' and n.subject_id = $2
  returning ${notificationColumns}, ${inInbox} as "inInbox"`,
);
/* Only what its person has read to the last comment that it gathers. */
const readStatement = statement(
  "notification.comments-read",
  `select ${notificationColumns} from notifications.notifications n
  where n.user_id = $1 and ${inInbox} and n.read_at is null and n.snoozed_until is null and exists (
    select from comments.read_positions rp join comments.comments c on c.task_id = rp.task_id
    where rp.id = $2 and rp.user_id = $1 and c.id = n.comment_id and c.created_at <= rp.read_up_to)
  order by n.id for no key update of n`,
);
const titleStatement = statement("notification.title", "select title from tasks.tasks where id = $1");
const wordsStatement = statement(
  "notification.words",
  "select left(html, 2000) as html, deleted_at is not null as deleted from comments.comments where id = $1",
);

/** What people were told follows what it is about: its name, its words, its reading, its end. Told late, the state of now counts. */
export async function followSubject(ctx: PublicCtx, change: Followed): Promise<void> {
  const audience = change.channel.slice(change.channel.indexOf(":") + 1);
  const { entityId } = change;
  if (change.type === "task.assigned" || change.type === "task.updated") {
    if (change.patch.assigneeIds !== undefined) await dropWithdrawn(ctx, entityId);
  }
  if (change.type === "task.updated") {
    if (change.patch.title === undefined) return;
    const [about, [task]] = await Promise.all([
      ctx.sql.query<NotificationView>(ofTaskStatement, [entityId]),
      ctx.sql.query<{ title: string }>(titleStatement, [entityId]),
    ]);
    if (task) update(ctx, about, { title: task.title });
  } else if (change.type === "comment.updated" || change.type === "comment.deleted") {
    const [about, [comment]] = await Promise.all([
      ctx.sql.query<NotificationView>(ofCommentStatement, [audience, entityId]),
      ctx.sql.query<{ html: string; deleted: boolean }>(wordsStatement, [entityId]),
    ]);
    if (comment) update(ctx, about, { excerpt: comment.deleted ? null : plainText(comment.html) });
  } else if (change.type === "comment.reading-began" || change.type === "comment.reading-advanced") {
    const read = await ctx.sql.query<NotificationView>(readStatement, [audience, entityId]);
    changeNotifications(ctx, notificationRead, read, { readAt: ctx.now.toISOString() });
  } else if (change.type !== "task.assigned") {
    const gone = await ctx.sql.query<NotificationView & { inInbox: boolean }>(dropInvitationsStatement, [
      audience,
      entityId,
    ]);
    for (const { inInbox, ...notification } of gone) if (inInbox) record(ctx, notificationDropped, notification, null);
  }
}

/** Who is no longer assigned need not be told that they were. Who tells at this moment waits, and then knows it, too. */
async function dropWithdrawn(ctx: PublicCtx, taskId: string): Promise<void> {
  type Row = NotificationView & { inInbox: boolean };
  const [, gone] = await Promise.all([
    holdSubjects(ctx, [taskId]),
    ctx.sql.query<Row>(dropAssignmentsStatement, [taskId, ctx.now]),
  ]);
  for (const { inInbox, ...notification } of gone) if (inInbox) record(ctx, notificationDropped, notification, null);
}

function update(
  ctx: PublicCtx,
  about: readonly NotificationView[],
  change: { title?: string; excerpt?: string | null },
) {
  const outdated = about.filter((view) => Object.entries(change).some(([f, v]) => view[f as "title"] !== v));
  changeNotifications(ctx, notificationUpdated, outdated, change);
}
