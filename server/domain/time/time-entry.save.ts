import type { PublicCtx } from "../../context.ts";
import type { Channel } from "../../platform/feed.ts";
import { statement } from "../../platform/sql.ts";
import { write } from "../../transaction.ts";
import { record } from "../change.ts";
import { timeEntryCreated, timeEntryDeleted, timeEntryUpdated } from "./time.events.ts";
import type { TimeEntryView } from "./time.view.ts";

const columns = `id uuid, project_id uuid, task_id uuid, timesheet_id uuid, spent_on date, started_at timestamptz, ended_at timestamptz,
  duration_minutes int, activity_id uuid, billable boolean, comment text, version int`;

/** Rows travel as one JSON value: statements of any number of rows have one text. */
const rowsOf = (entries: readonly TimeEntryView[]) =>
  JSON.stringify(
    entries.map((entry) => ({
      id: entry.id,
      project_id: entry.projectId,
      task_id: entry.taskId,
      timesheet_id: entry.timesheetId,
      spent_on: entry.spentOn,
      started_at: entry.startedAt,
      ended_at: entry.endedAt,
      duration_minutes: entry.durationMinutes,
      activity_id: entry.activityId,
      billable: entry.billable,
      comment: entry.comment,
      version: entry.version,
    })),
  );

const insertStatement = statement(
  "time-entry.insert",
  `insert into time.entries (organization_id, user_id, exclusive, created_at, updated_at, id, project_id, task_id, timesheet_id, spent_on,
    started_at, ended_at, duration_minutes, activity_id, billable, comment, version)
  select $2, $3, $4, $5, $5, row.* from json_to_recordset($1::json) as row (${columns})`,
);

/** Inserts entries of one person in one organization, and tells of them. @param exclusive they may not overlap others */
export function addEntries(ctx: PublicCtx, entries: readonly TimeEntryView[], exclusive: boolean): void {
  const [first] = entries;
  if (!first) return;
  write(ctx, insertStatement, [rowsOf(entries), first.organizationId, first.userId, exclusive, first.createdAt]);
  for (const entry of entries) record(ctx, timeEntryCreated, null, entry);
}

const updateStatement = statement(
  "time-entry.update",
  `update time.entries te set project_id = row.project_id, task_id = row.task_id, timesheet_id = row.timesheet_id, spent_on = row.spent_on,
    started_at = row.started_at, ended_at = row.ended_at, duration_minutes = row.duration_minutes, activity_id = row.activity_id,
    billable = row.billable, comment = row.comment, version = row.version, updated_at = $2, exclusive = coalesce($3, te.exclusive)
  from json_to_recordset($1::json) as row (${columns}) where te.id = row.id`,
);

interface Edit {
  before: TimeEntryView;
  wanted: Partial<TimeEntryView>;
}

const isChanged = ({ before, wanted }: Edit) =>
  Object.entries(wanted).some(([field, value]) => before[field as keyof TimeEntryView] !== value);

/**
 * Writes entries that are locked as their next versions, and tells of them: where an entry moves to another sheet or
 * project, it leaves a channel and enters another.
 *
 * @param exclusive they may not overlap others; undefined: as before
 * @returns them as they are now; the same where nothing differs
 */
export function saveEntries(ctx: PublicCtx, edits: readonly Edit[], exclusive?: boolean): TimeEntryView[] {
  const updatedAt = ctx.now.toISOString();
  const saved = edits.map((edit) =>
    isChanged(edit) ? { ...edit.before, ...edit.wanted, version: edit.before.version + 1, updatedAt } : edit.before,
  );
  const changed = edits.flatMap(({ before }, at) =>
    saved[at] === before ? [] : [{ before, after: saved[at] as TimeEntryView }],
  );
  if (changed.length === 0) return saved;
  write(ctx, updateStatement, [rowsOf(changed.map(({ after }) => after)), updatedAt, exclusive ?? null]);
  for (const { before, after } of changed) {
    const [left, entered] = [channelsOf(before), channelsOf(after)];
    record(ctx, timeEntryDeleted, before, null, { channels: left.filter((channel) => !entered.includes(channel)) });
    record(ctx, timeEntryUpdated, before, after, { channels: left.filter((channel) => entered.includes(channel)) });
    record(ctx, timeEntryCreated, null, after, { channels: entered.filter((channel) => !left.includes(channel)) });
  }
  return saved;
}

const channelsOf = (entry: TimeEntryView): Channel[] => [timeEntryCreated.channel(entry)].flat();

const deleteStatement = statement("time-entry.delete", "delete from time.entries where id = any($1::uuid[])");

/** Deletes entries that are locked, and tells of them. */
export function removeEntries(ctx: PublicCtx, entries: readonly TimeEntryView[]): void {
  if (entries.length === 0) return;
  write(ctx, deleteStatement, [entries.map(({ id }) => id)]);
  for (const entry of entries) record(ctx, timeEntryDeleted, entry, null);
}
