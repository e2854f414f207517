import { v7 } from "uuid";
import type { PublicCtx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { write } from "../../transaction.ts";
import type { Work } from "./time.access.ts";
import { requireOpenDay, spanOf } from "./time.rules.ts";
import type { TimeEntryView, TimerView } from "./time.view.ts";
import { addEntries } from "./time-entry.save.ts";
import { sheetOfDay } from "./timesheet.save.ts";

const insertStatement = statement(
  "timer.insert",
  `insert into time.timers (id, organization_id, project_id, task_id, user_id, started_at, activity_id, billable, comment, created_at, updated_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)`,
);
const updateStatement = statement(
  "timer.update",
  `update time.timers set organization_id = $2, project_id = $3, task_id = $4, started_at = $5, activity_id = $6, billable = $7, comment = $8,
    version = $9, updated_at = $10 where id = $1`,
);
const deleteStatement = statement("timer.delete", "delete from time.timers where id = $1");

/** Of two at once, the database lets one through. */
export async function insertTimer(ctx: PublicCtx, timer: TimerView): Promise<void> {
  const { id, organizationId, projectId, taskId, userId, startedAt, activityId, billable, comment, createdAt } = timer;
  const values = [id, organizationId, projectId, taskId, userId, startedAt, activityId, billable, comment, createdAt];
  await ctx.sql.query(insertStatement, values);
}

/** Writes a timer that is locked as its next version. */
export function saveTimer(ctx: PublicCtx, before: TimerView, wanted: Partial<TimerView>): TimerView {
  const isSame = Object.entries(wanted).every(([field, value]) => before[field as keyof TimerView] === value);
  if (isSame) return before;
  const saved = { ...before, ...wanted, version: before.version + 1, updatedAt: ctx.now.toISOString() };
  const { id, organizationId, projectId, taskId, startedAt, activityId, billable, comment, version, updatedAt } = saved;
  const values = [id, organizationId, projectId, taskId, startedAt, activityId, billable, comment, version, updatedAt];
  write(ctx, updateStatement, values);
  return saved;
}

export const removeTimer = (ctx: PublicCtx, timer: TimerView): void => write(ctx, deleteStatement, [timer.id]);

/**
 * Books the time of a timer that is locked.
 *
 * @param endedAt default now
 * @throws AppError `rule.broken` (`time.closed`, longer than a day, end before start, overlap)
 */
export async function bookTimer(
  ctx: PublicCtx,
  timer: TimerView,
  work: Work,
  { endedAt, exclusive = work.rules.overlap === "refused" }: { endedAt?: string | undefined; exclusive?: boolean } = {},
): Promise<TimeEntryView> {
  const now = Math.max(ctx.now.getTime(), Date.parse(timer.startedAt) + 1); // clocks of several nodes
  const times = { startedAt: timer.startedAt, endedAt: endedAt ?? new Date(now).toISOString() };
  const span = spanOf(times, { timeZone: work.timeZone, now: ctx.now, rules: work.rules });
  const sheet = await sheetOfDay(ctx, work, span.spentOn);
  requireOpenDay(work.rules, sheet, span.spentOn);
  const at = ctx.now.toISOString();
  const { organizationId, projectId, taskId, userId, activityId, billable, comment } = timer;
  const entry: TimeEntryView = {
    id: v7(),
    ...{ organizationId, projectId, taskId, userId, timesheetId: sheet.id },
    ...span,
    ...{ activityId, billable, comment, createdAt: at, updatedAt: at, version: 1 },
  };
  addEntries(ctx, [entry], exclusive);
  return entry;
}
