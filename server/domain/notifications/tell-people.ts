import type { PublicCtx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { eventMatrix, type NotificationEvent, type WatchLevel, watchLevels } from "./event.matrix.ts";
import type { Before, Details, Subject, Way } from "./event.rules.ts";
import { findPlace, findRecipients, type Recipient } from "./find-recipients.ts";
import { lockSubject } from "./notification.locks.ts";
import { notificationColumns } from "./notification.view.ts";
import { type Gathering, writeNotifications } from "./write-notifications.ts";

/** A fact, the groups of people it is told to, and as what. */
export interface Telling {
  readonly subject: Subject;
  readonly actorId: string | null;
  readonly ways: readonly Way[];
  /** The change, which `ways` are asked about; its place in the feed tells what was before it. */
  readonly change: { readonly channel: string; readonly seq: number; readonly at: string } | null;
  /** When it happened; default as the change says, or now. */
  readonly at?: string;
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

/**
 * Tells people of a fact: one notification for each whom it reaches and who may see it, or one more act in the one they
 * have not read yet; and what is to be sent to them. Two round trips, however many people.
 *
 * @returns how many were told
 */
export async function tellPeople(ctx: PublicCtx, telling: Telling): Promise<number> {
  const { subject, actorId, ways, change } = telling;
  const at = telling.at ?? change?.at ?? ctx.now.toISOString();
  const named = (way: Way, before: Before | null) => way.people?.(change as never, before) ?? [];
  const audience = {
    actorId,
    named: [...new Set(ways.flatMap((way) => named(way, null)))],
    groups: new Set(ways.map(({ to }) => to)),
    at,
  };
  const events = ways.map(({ event }) => event);
  const [, place, recipients, gathering, [stored]] = await Promise.all([
    lockSubject(ctx, subject),
    findPlace(ctx, subject, { actorId, withStatuses: telling.details !== undefined }),
    findRecipients(ctx, subject, audience),
    ctx.sql.query<Gathering>(gatheringStatement, [subject.id, events, at]),
    change ? ctx.sql.query<{ before: Before | null }>(beforeStatement, [change.channel, change.seq]) : [],
  ]);
  if (!place || recipients.length === 0) return 0;

  const before = stored?.before ?? null;
  const people = new Map(ways.map((way) => [way, new Set(named(way, before))]));
  const details = {
    ...(place.startsOn ? { startsOn: place.startsOn } : {}),
    ...telling.details?.(before, place.statusNames ?? {}),
  };
  const told = recipients.flatMap((person) => {
    const way = ways.find(
      (way) => isReached(way, person, people.get(way) as Set<string>) && !way.unless?.(change as never, person),
    );
    return way ? [{ person, event: way.event }] : [];
  });
  return writeNotifications(ctx, { subject, place, details, actorId, at }, told, gathering);
}

function isReached(way: Way, person: Recipient, named: ReadonlySet<string>): boolean {
  const reached = {
    named: () => named.has(person.userId),
    followers: () => person.follows || person.level === "all",
    thread: () => person.inThread,
    listeners: () => person.level === "all",
    invitee: () => person.isInvitee,
    sheetOwner: () => person.isSheetOwner,
    approvers: () => person.isApprover,
  }[way.to]();
  return reached && hears(person, way.event);
}

/** Whether an event of something that somebody takes part in gets through to them. */
export function hears({ level, muted }: { level: WatchLevel; muted: boolean }, event: NotificationEvent): boolean {
  const rank = watchLevels.indexOf(level);
  const allowed = muted ? Math.min(rank, watchLevels.indexOf("mentions")) : rank;
  return allowed >= watchLevels.indexOf(eventMatrix[event].level);
}
