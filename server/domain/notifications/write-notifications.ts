import { v7 } from "uuid";
import type { PublicCtx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { write } from "../../transaction.ts";
import { record } from "../change.ts";
import type { NotificationEvent } from "./event.matrix.ts";
import type { Details, Subject } from "./event.rules.ts";
import type { Place, Recipient } from "./find-recipients.ts";
import { notificationCreated, notificationGathered } from "./notification.events.ts";
import type { NotificationView } from "./notification.view.ts";
import { plainText } from "./plain-text.ts";
import { type Planned, planDeliveries } from "./plan-deliveries.ts";
import { resolvePreference } from "./resolve-preference.ts";

/** An unread notification that can take one more act. */
export type Gathering = NotificationView & { inApp: boolean };

const insertStatement = statement(
  "notification.insert",
  `insert into notifications.notifications (organization_id, project_id, task_id, comment_id, subject_id, task_key, title, excerpt, details, internal,
    actor_ids, actor_names, created_at, updated_at, gathers_until, id, user_id, event, in_app)
  select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::uuid[], $12::text[], $13, $13, $14, w.*
  from unnest($15::uuid[], $16::uuid[], $17::text[], $18::boolean[]) as w`,
);
const gatherStatement = statement(
  "notification.gather",
  `update notifications.notifications n set title = $1, internal = n.internal or $2, comment_id = w.comment_id, excerpt = w.excerpt,
    updated_at = w.updated_at, count = n.count + 1, version = n.version + 1, details = w.more -> 'details',
    actor_ids = array(select value::uuid from jsonb_array_elements_text(w.more -> 'actorIds')),
    actor_names = array(select value from jsonb_array_elements_text(w.more -> 'actorNames'))
  from unnest($3::uuid[], $4::uuid[], $5::text[], $6::timestamptz[], $7::jsonb[]) as w (id, comment_id, excerpt, updated_at, more)
  where n.id = w.id`,
);

const mostActors = 5;

/** What there is to tell. */
interface Fact {
  readonly subject: Subject;
  readonly place: Place;
  readonly details: Details;
  readonly actorId: string | null;
  /** When it happened. */
  readonly at: string;
}

/**
 * Writes what each person is told: a new notification, or one more act in the one that gathers; and what is to be sent.
 *
 * @returns how many were told
 */
export function writeNotifications(
  ctx: PublicCtx,
  fact: Fact,
  told: readonly { person: Recipient; event: NotificationEvent }[],
  gathering: readonly Gathering[],
): number {
  const known = new Map(gathering.map((open) => [`${open.userId} ${open.event}`, open]));
  const created: (NotificationView & { inApp: boolean })[] = [];
  const gathered: { before: Gathering; after: Gathering }[] = [];
  const planned: Planned[] = [];
  const gatherMs = ctx.app.config.NOTIFICATION_GATHER_SECONDS * 1_000;
  const gathersUntil = new Date(Date.parse(fact.at) + gatherMs);
  const mailFrom = gathersUntil > ctx.now ? gathersUntil : ctx.now;
  for (const { person, event } of told) {
    const open = known.get(`${person.userId} ${event}`);
    if (open) {
      gathered.push({ before: open, after: gatherInto(open, fact) });
      continue;
    }
    const modeOf = (channel: "inApp" | "mail" | "push") => resolvePreference(person, event, channel).mode;
    const modes = { inApp: modeOf("inApp"), mail: modeOf("mail"), push: modeOf("push") };
    if (Object.values(modes).every((mode) => mode === "off")) continue;
    const notification = { ...newNotification(fact, person.userId, event), inApp: modes.inApp !== "off" };
    created.push(notification);
    planned.push({ notificationId: notification.id, person, modes, mailFrom });
  }
  insertAll(ctx, fact, created, gathersUntil);
  updateAll(ctx, fact, gathered);
  planDeliveries(ctx, fact.place.organizationId, planned);
  return created.length + gathered.length;
}

function newNotification(fact: Fact, userId: string, event: NotificationEvent): NotificationView {
  const { subject, place, details, actorId, at } = fact;
  return {
    id: v7(),
    organizationId: place.organizationId,
    projectId: place.projectId,
    taskId: subject.taskId ?? null,
    commentId: subject.commentId ?? null,
    subjectId: subject.id,
    userId,
    event,
    taskKey: place.taskKey,
    title: place.title,
    excerpt: excerptOf(place),
    details,
    count: 1,
    actorIds: actorId ? [actorId] : [],
    actorNames: actorId ? [place.actorName ?? ""] : [],
    readAt: null,
    snoozedUntil: null,
    createdAt: at,
    updatedAt: at,
    version: 1,
  };
}

const excerptOf = ({ commentHtml }: Place) => (commentHtml === null ? null : plainText(commentHtml));

/** One more act, which may be an earlier one. A status that changed twice changed from the first one to the last one. */
function gatherInto(open: Gathering, { subject, place, details, actorId, at }: Fact): Gathering {
  const isLatest = at >= open.updatedAt;
  const known = open.actorIds.map((id, nth) => [id, open.actorNames[nth] ?? ""] as const);
  const actor = actorId ? [[actorId, place.actorName ?? ""] as const] : [];
  const inOrder = isLatest ? [...actor, ...known] : [...known, ...actor];
  const actors = inOrder
    .filter(([id], nth) => inOrder.findIndex(([other]) => other === id) === nth)
    .slice(0, mostActors);
  const { from } = isLatest ? open.details : details;
  const latest = isLatest
    ? { commentId: subject.commentId ?? null, excerpt: excerptOf(place), updatedAt: at }
    : { commentId: open.commentId, excerpt: open.excerpt, updatedAt: open.updatedAt };
  return {
    ...open,
    ...latest,
    title: place.title,
    details: { ...(isLatest ? { ...open.details, ...details } : open.details), ...(from ? { from } : {}) },
    count: open.count + 1,
    actorIds: actors.map(([id]) => id),
    actorNames: actors.map(([, name]) => name),
    version: open.version + 1,
  };
}

function insertAll(
  ctx: PublicCtx,
  { subject, place }: Fact,
  created: readonly (NotificationView & { inApp: boolean })[],
  gathersUntil: Date,
): void {
  const [first] = created;
  if (!first) return;
  write(ctx, insertStatement, [
    first.organizationId,
    first.projectId,
    first.taskId,
    first.commentId,
    subject.id,
    first.taskKey,
    first.title,
    first.excerpt,
    JSON.stringify(first.details),
    place.internal,
    first.actorIds,
    first.actorNames,
    first.createdAt,
    gathersUntil,
    created.map(({ id }) => id),
    created.map(({ userId }) => userId),
    created.map(({ event }) => event),
    created.map(({ inApp }) => inApp),
  ]);
  for (const { inApp, ...view } of created) if (inApp) record(ctx, notificationCreated, null, view);
}

function updateAll(
  ctx: PublicCtx,
  { place }: Fact,
  gathered: readonly { before: Gathering; after: Gathering }[],
): void {
  const [first] = gathered;
  if (!first) return;
  write(ctx, gatherStatement, [
    first.after.title,
    place.internal,
    gathered.map(({ after }) => after.id),
    gathered.map(({ after }) => after.commentId),
    gathered.map(({ after }) => after.excerpt),
    gathered.map(({ after }) => after.updatedAt),
    gathered.map(({ after: { details, actorIds, actorNames } }) => JSON.stringify({ details, actorIds, actorNames })),
  ]);
  for (const { before, after } of gathered) {
    const { inApp, ...view } = after;
    const { inApp: _, ...old } = before;
    if (inApp) record<NotificationView, NotificationView>(ctx, notificationGathered, old, view);
  }
}
