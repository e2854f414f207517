import { v7 } from "uuid";
import type { PublicCtx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { write } from "../../transaction.ts";
import { record } from "../change.ts";
import { eventMatrix, type NotificationEvent, type WatchLevel, watchLevels } from "./event.matrix.ts";
import type { Before, Details, Subject, Way } from "./event.rules.ts";
import { findPlace, findRecipients, type Place, type Recipient } from "./find-recipients.ts";
import { notificationCreated, notificationGathered } from "./notification.events.ts";
import { lockSubject } from "./notification.locks.ts";
import { type NotificationView, notificationColumns } from "./notification.view.ts";
import { plainText } from "./plain-text.ts";
import { type Planned, planDeliveries } from "./plan-deliveries.ts";
import { resolvePreference } from "./resolve-preference.ts";

/** A fact, the groups of people it is told to, and as what. */
export interface Telling {
  readonly subject: Subject;
  readonly actorId: string | null;
  readonly ways: readonly Way[];
  /** The change, which `ways` are asked about; its place in the feed tells what was before it. */
  readonly change: { readonly channel: string; readonly seq: number } | null;
  readonly details?: (before: Before | null, statusNames: Record<string, string>) => Details;
}

const beforeStatement = statement(
  "notification.before",
  "select before from feed.changes where channel = $1 and seq = $2",
);

/** What more of the same can still join; locked, so that nobody reads it meanwhile. */
const gatheringStatement = statement(
  "notification.gathering",
  `select ${notificationColumns}, n.in_app as "inApp" from notifications.notifications n
  where n.subject_id = $1 and n.event = any($2::text[]) and n.read_at is null and n.archived_at is null
    and n.snoozed_until is null and n.gathers_until > $3
  order by n.id for no key update`,
);
type Gathering = NotificationView & { inApp: boolean };

const insertStatement = statement(
  "notification.insert",
  `insert into notifications.notifications (organization_id, project_id, task_id, comment_id, subject_id, task_key, title, excerpt, details, internal,
    actor_ids, actor_names, created_at, updated_at, gathers_until, id, user_id, event, in_app)
  select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::uuid[], $12::text[], $13, $13, $14, w.*
  from unnest($15::uuid[], $16::uuid[], $17::text[], $18::boolean[]) as w`,
);
const gatherStatement = statement(
  "notification.gather",
  `update notifications.notifications n set comment_id = $1, title = $2, excerpt = $3, internal = n.internal or $4, updated_at = $5,
    count = n.count + 1, version = n.version + 1, details = w.more -> 'details',
    actor_ids = array(select value::uuid from jsonb_array_elements_text(w.more -> 'actorIds')),
    actor_names = array(select value from jsonb_array_elements_text(w.more -> 'actorNames'))
  from unnest($6::uuid[], $7::jsonb[]) as w (id, more) where n.id = w.id`,
);

const mostActors = 5;

/**
 * Tells people of a fact: one notification for each whom it reaches and who may see it, or one more act in the one they
 * have not read yet; and what is to be sent to them. Two round trips, however many people.
 *
 * @returns how many were told
 */
export async function tellPeople(ctx: PublicCtx, telling: Telling): Promise<number> {
  const { subject, actorId, ways, change } = telling;
  const reaches = (to: Way["to"]) => ways.some((way) => way.to === to);
  const named = (way: Way, before: Before | null) => way.people?.(change as never, before) ?? [];
  const audience = {
    actorId,
    named: [...new Set(ways.flatMap((way) => named(way, null)))],
    followers: reaches("followers"),
    thread: reaches("thread"),
    listeners: reaches("listeners"),
    invitee: reaches("invitee"),
  };
  const events = ways.map(({ event }) => event);
  const [, place, recipients, gathering, [stored]] = await Promise.all([
    lockSubject(ctx, subject),
    findPlace(ctx, subject, { actorId, withStatuses: telling.details !== undefined }),
    findRecipients(ctx, subject, audience),
    ctx.sql.query<Gathering>(gatheringStatement, [subject.id, events, ctx.now]),
    change ? ctx.sql.query<{ before: Before | null }>(beforeStatement, [change.channel, change.seq]) : [],
  ]);
  if (!place || recipients.length === 0) return 0;

  const before = stored?.before ?? null;
  const people = new Map(ways.map((way) => [way, new Set(named(way, before))]));
  const details = telling.details?.(before, place.statusNames ?? {}) ?? {};
  const told = recipients.flatMap((person) => {
    const way = ways.find(
      (way) => isReached(way, person, people.get(way) as Set<string>) && !way.unless?.(change as never, person),
    );
    return way ? [{ person, event: way.event }] : [];
  });
  return writeAll(ctx, { subject, place, details, actorId }, told, gathering);
}

function isReached(way: Way, person: Recipient, named: ReadonlySet<string>): boolean {
  const reached = {
    named: () => named.has(person.userId),
    followers: () => person.follows || person.level === "all",
    thread: () => person.inThread,
    listeners: () => person.level === "all",
    invitee: () => person.isInvitee,
  }[way.to]();
  return reached && hears(person, way.event);
}

/** Whether an event of something that somebody takes part in gets through to them. */
export function hears({ level, muted }: { level: WatchLevel; muted: boolean }, event: NotificationEvent): boolean {
  const rank = watchLevels.indexOf(level);
  const allowed = muted ? Math.min(rank, watchLevels.indexOf("mentions")) : rank;
  return allowed >= watchLevels.indexOf(eventMatrix[event].level);
}

interface Fact {
  readonly subject: Subject;
  readonly place: Place;
  readonly details: Details;
  readonly actorId: string | null;
}

function writeAll(
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
  const gathersUntil = new Date(ctx.now.getTime() + gatherMs);
  for (const { person, event } of told) {
    const open = known.get(`${person.userId} ${event}`);
    if (open) {
      gathered.push({ before: open, after: gatherInto(ctx, open, fact) });
      continue;
    }
    const modeOf = (channel: "inApp" | "mail" | "push") => resolvePreference(person, event, channel).mode;
    const modes = { inApp: modeOf("inApp"), mail: modeOf("mail"), push: modeOf("push") };
    if (Object.values(modes).every((mode) => mode === "off")) continue;
    const notification = { ...newNotification(ctx, fact, person.userId, event), inApp: modes.inApp !== "off" };
    created.push(notification);
    planned.push({ notificationId: notification.id, person, modes, mailFrom: gathersUntil });
  }
  insertAll(ctx, fact, created, gathersUntil);
  updateAll(ctx, fact, gathered);
  planDeliveries(ctx, fact.place.organizationId, planned);
  return created.length + gathered.length;
}

function newNotification(ctx: PublicCtx, fact: Fact, userId: string, event: NotificationEvent): NotificationView {
  const { subject, place, details, actorId } = fact;
  const at = ctx.now.toISOString();
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

/** One more act. A status that changed twice changed from the first one to the last one. */
function gatherInto(ctx: PublicCtx, open: Gathering, { subject, place, details, actorId }: Fact): Gathering {
  const others = open.actorIds.flatMap((id, at) => (id === actorId ? [] : [[id, open.actorNames[at] ?? ""] as const]));
  const actors = [...(actorId ? [[actorId, place.actorName ?? ""] as const] : []), ...others].slice(0, mostActors);
  const { from } = open.details;
  return {
    ...open,
    commentId: subject.commentId ?? null,
    title: place.title,
    excerpt: excerptOf(place),
    details: { ...open.details, ...details, ...(from ? { from } : {}) },
    count: open.count + 1,
    actorIds: actors.map(([id]) => id),
    actorNames: actors.map(([, name]) => name),
    updatedAt: ctx.now.toISOString(),
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
    ctx.now,
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
    first.after.commentId,
    first.after.title,
    first.after.excerpt,
    place.internal,
    ctx.now,
    gathered.map(({ after }) => after.id),
    gathered.map(({ after: { details, actorIds, actorNames } }) => JSON.stringify({ details, actorIds, actorNames })),
  ]);
  for (const { before, after } of gathered) {
    const { inApp, ...view } = after;
    const { inApp: _, ...old } = before;
    if (inApp) record<NotificationView, NotificationView>(ctx, notificationGathered, old, view);
  }
}
