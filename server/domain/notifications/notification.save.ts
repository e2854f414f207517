import type { z } from "zod";
import type { PublicCtx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { write } from "../../transaction.ts";
import { type ChangeDefinition, record } from "../change.ts";
import { type notificationArchived, notificationUnarchived } from "./notification.events.ts";
import type { NotificationView } from "./notification.view.ts";

const updateStatement = statement(
  "notification.save",
  `update notifications.notifications n set read_at = w.read_at, snoozed_until = w.snoozed_until, title = w.title, excerpt = w.excerpt,
    task_key = w.task_key, archived_at = $7, version = n.version + 1
  from unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::text[], $5::text[], $6::text[])
    as w (id, read_at, snoozed_until, title, excerpt, task_key)
  where n.id = w.id`,
);

/** Writes notifications that were read, locked, before; their next version. */
function saveNotifications(
  ctx: PublicCtx,
  views: readonly NotificationView[],
  archivedAt: Date | null = null,
): NotificationView[] {
  if (views.length === 0) return [];
  write(ctx, updateStatement, [
    views.map(({ id }) => id),
    views.map(({ readAt }) => readAt),
    views.map(({ snoozedUntil }) => snoozedUntil),
    views.map(({ title }) => title),
    views.map(({ excerpt }) => excerpt),
    views.map(({ taskKey }) => taskKey),
    archivedAt,
  ]);
  return views.map((view) => ({ ...view, version: view.version + 1 }));
}

/** Changes notifications in inboxes and tells their people. */
export function changeNotifications(
  ctx: PublicCtx,
  fact: ChangeDefinition<string, "notification", "update", z.ZodType<NotificationView>>,
  before: readonly NotificationView[],
  change: Partial<NotificationView>,
): NotificationView[] {
  const after = saveNotifications(
    ctx,
    before.map((view) => ({ ...view, ...change })),
  );
  for (const [at, view] of after.entries()) record(ctx, fact, before[at] as NotificationView, view);
  return after;
}

/** Puts notifications away: clients drop them. */
export function archive(ctx: PublicCtx, fact: typeof notificationArchived, before: readonly NotificationView[]) {
  const after = saveNotifications(
    ctx,
    before.map((view) => ({ ...view, readAt: view.readAt ?? ctx.now.toISOString(), snoozedUntil: null })),
    ctx.now,
  );
  for (const view of before) record(ctx, fact, view, null);
  return after;
}

/** Takes a notification back into the inbox. */
export function unarchive(ctx: PublicCtx, before: NotificationView): NotificationView {
  const [after] = saveNotifications(ctx, [before]);
  return record(ctx, notificationUnarchived, null, after as NotificationView);
}
