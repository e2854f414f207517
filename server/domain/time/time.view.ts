import { z } from "zod";
import { day, instant } from "../fields.ts";

const timestamps = { createdAt: instant, updatedAt: instant, version: z.int() };
const timestampColumns = (row: string) =>
  `${row}.created_at as "createdAt", ${row}.updated_at as "updatedAt", ${row}.version`;

export const timerViewSchema = z
  .object({
    id: z.uuid(),
    organizationId: z.uuid(),
    projectId: z.uuid(),
    taskId: z.uuid().nullable(),
    userId: z.uuid(),
    startedAt: instant,
    activityId: z.uuid().nullable(),
    billable: z.boolean(),
    comment: z.string(),
    ...timestamps,
  })
  .meta({ id: "Timer" });
/** What somebody is working at, in their own channel. */
export type TimerView = z.output<typeof timerViewSchema>;
export const timerColumns = `tr.id, tr.organization_id as "organizationId", tr.project_id as "projectId", tr.task_id as "taskId", tr.user_id as "userId",
  tr.started_at as "startedAt", tr.activity_id as "activityId", tr.billable, tr.comment, ${timestampColumns("tr")}`;

export const timeEntryViewSchema = z
  .object({
    id: z.uuid(),
    organizationId: z.uuid(),
    projectId: z.uuid(),
    taskId: z.uuid().nullable(),
    userId: z.uuid().describe("who worked"),
    timesheetId: z.uuid().describe("the sheet of that person that holds the day"),
    spentOn: day.describe("in the time zone of who worked"),
    startedAt: instant.nullable().describe("null, like `endedAt`: only how long is known"),
    endedAt: instant.nullable(),
    durationMinutes: z.int().describe("as the organization rounds it"),
    activityId: z.uuid().nullable(),
    billable: z.boolean(),
    comment: z.string(),
    ...timestamps,
  })
  .meta({ id: "TimeEntry" });
/** Time that somebody spent. */
export type TimeEntryView = z.output<typeof timeEntryViewSchema>;
export const timeEntryColumns = `te.id, te.organization_id as "organizationId", te.project_id as "projectId", te.task_id as "taskId", te.user_id as "userId",
  te.timesheet_id as "timesheetId", te.spent_on as "spentOn", te.started_at as "startedAt", te.ended_at as "endedAt",
  te.duration_minutes as "durationMinutes", te.activity_id as "activityId", te.billable, te.comment, ${timestampColumns("te")}`;

export const timesheetStates = ["open", "submitted", "approved", "returned", "locked"] as const;

export const timesheetViewSchema = z
  .object({
    id: z.uuid(),
    organizationId: z.uuid(),
    userId: z.uuid(),
    startsOn: day,
    endsOn: day.describe("the last day that it holds"),
    state: z.enum(timesheetStates).describe("time can be changed while it is `open` or `returned`"),
    comment: z.string().describe("of who decided last"),
    submittedAt: instant.nullable(),
    decidedAt: instant.nullable(),
    decidedById: z.uuid().nullable(),
    lockedAt: instant.nullable(),
    ...timestamps,
  })
  .meta({ id: "Timesheet" });
/** A week of one person in one organization. */
export type TimesheetView = z.output<typeof timesheetViewSchema>;
export const timesheetColumns = `ts.id, ts.organization_id as "organizationId", ts.user_id as "userId", ts.starts_on as "startsOn", ts.ends_on as "endsOn",
  ts.state, ts.comment, ts.submitted_at as "submittedAt", ts.decided_at as "decidedAt", ts.decided_by_id as "decidedById",
  ts.locked_at as "lockedAt", ${timestampColumns("ts")}`;

export const activityViewSchema = z
  .object({
    id: z.uuid(),
    organizationId: z.uuid(),
    name: z.string(),
    billable: z.boolean().describe("what time of this kind is unless its entry says otherwise"),
    archivedAt: instant.nullable().describe("kept for what was booked on it, no longer offered"),
    ...timestamps,
  })
  .meta({ id: "Activity" });
/** A kind of work. */
export type ActivityView = z.output<typeof activityViewSchema>;
export const activityColumns = `ta.id, ta.organization_id as "organizationId", ta.name, ta.billable, ta.archived_at as "archivedAt", ${timestampColumns("ta")}`;

export const overlapRules = ["allowed", "refused"] as const;
export const roundings = ["up", "nearest", "down"] as const;

export const timeSettingsViewSchema = z
  .object({
    id: z.uuid().describe("the organization's id"),
    organizationId: z.uuid(),
    overlap: z.enum(overlapRules).describe("whether a person's entries with start and end may overlap"),
    rounding: z.enum(roundings),
    roundingMinutes: z.int().describe("durations are multiples of it, at least one"),
    ownApproval: z.boolean().describe("whether who may approve may approve their own sheets"),
    lockAfterDays: z.int().nullable().describe("approved sheets are locked so many days later; null: by hand only"),
    closedUntil: day.nullable().describe("this day and all before it are closed for good"),
    ...timestamps,
  })
  .meta({ id: "TimeSettings" });
/** How an organization counts time. */
export type TimeSettingsView = z.output<typeof timeSettingsViewSchema>;
export const timeSettingsColumns = `st.id, st.organization_id as "organizationId", st.overlap, st.rounding, st.rounding_minutes as "roundingMinutes",
  st.own_approval as "ownApproval", st.lock_after_days as "lockAfterDays", st.closed_until as "closedUntil", ${timestampColumns("st")}`;

export const rateViewSchema = z
  .object({
    id: z.uuid(),
    organizationId: z.uuid(),
    projectId: z.uuid().nullable().describe("null: in all projects"),
    userId: z.uuid().nullable().describe("null: of all people"),
    startsOn: day.describe("in force from this day on, until the next one for the same project and person"),
    amountMinorPerHour: z.int().describe("in the currency's minor unit (ISO 4217), such as cents"),
    currency: z.string().describe("ISO 4217, such as `EUR`"),
    ...timestamps,
  })
  .meta({ id: "Rate" });
/** What an hour is worth. */
export type RateView = z.output<typeof rateViewSchema>;
export const rateColumns = `tq.id, tq.organization_id as "organizationId", tq.project_id as "projectId", tq.user_id as "userId", tq.starts_on as "startsOn",
  tq.amount_minor_per_hour as "amountMinorPerHour", tq.currency, ${timestampColumns("tq")}`;
