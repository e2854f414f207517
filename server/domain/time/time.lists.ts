import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { pageFrom, placeOf } from "../cursor.ts";
import { day, id, page } from "../fields.ts";
import { accessOrganization } from "../organizations/organization.access.ts";
import { organizationGrants } from "../permissions.ts";
import { inScope } from "../scopes.ts";
import { managedProjects } from "./time.access.ts";
import { dayOf } from "./time.calendar.ts";
import {
  type ActivityView,
  activityColumns,
  type TimeEntryView,
  type TimesheetView,
  timeEntryColumns,
  timesheetColumns,
  timesheetStates,
} from "./time.view.ts";
import { sheetOfDay, viewOfSheet } from "./timesheet.save.ts";

type Sorted<V> = V & { sortText: string };

export const listTimeEntriesInput = z.strictObject({
  organizationId: id,
  projectId: id.optional(),
  taskId: id.optional(),
  userId: id.optional(),
  timesheetId: id.optional(),
  from: day.optional().describe("this day or later"),
  to: day.optional().describe("this day or earlier"),
  ...page,
});

const entriesStatement = statement(
  "time-entry.list",
  `select ${timeEntryColumns}, te.spent_on::text as "sortText" from time.entries te
  where te.organization_id = $1 and (te.user_id = $2 or te.project_id = any($3::uuid[]))
    and ($4::uuid is null or te.project_id = $4) and ($5::uuid is null or te.task_id = $5)
    and ($6::uuid is null or te.user_id = $6) and ($7::uuid is null or te.timesheet_id = $7)
    and ($8::date is null or te.spent_on >= $8) and ($9::date is null or te.spent_on <= $9)
    and ($10::text is null or (te.spent_on, te.id) < ($10::date, $11::uuid))
  order by te.spent_on desc, te.id desc limit $12`,
);

/**
 * My time, and others' in projects that I manage; the latest first.
 *
 * @throws AppError `not-found` | `validation.failed` (cursor)
 */
export async function listTimeEntries(ctx: Ctx, input: z.output<typeof listTimeEntriesInput>) {
  const place = placeOf(input.cursor);
  const { organizationId, projectId = null, taskId = null, userId = null, timesheetId = null, limit } = input;
  const [, managed] = await Promise.all([
    accessOrganization(ctx, organizationId, "organization.read"),
    managedProjects(ctx, organizationId),
  ]);
  const filter = [projectId, taskId, userId, timesheetId, input.from ?? null, input.to ?? null];
  const values = [organizationId, ctx.actor.userId, managed, ...filter, ...place, limit + 1];
  return pageFrom(await ctx.sql.query<Sorted<TimeEntryView>>(entriesStatement, values), limit);
}

export const listTimesheetsInput = z.strictObject({
  organizationId: id,
  userId: id.optional(),
  states: z.array(z.enum(timesheetStates)).min(1).max(5).optional(),
  from: day.optional().describe("those that end on this day or later"),
  to: day.optional().describe("those that start on this day or earlier"),
  ...page,
});

const sheetsStatement = statement(
  "timesheet.list",
  `select ${timesheetColumns}, ts.starts_on::text as "sortText" from time.timesheets ts
  where ts.organization_id = $1 and ($3 or ts.user_id = $2 or ts.project_ids && $4::uuid[])
    and ($5::uuid is null or ts.user_id = $5) and ($6::text[] is null or ts.state = any($6))
    and ($7::date is null or ts.ends_on >= $7) and ($8::date is null or ts.starts_on <= $8)
    and ($9::text is null or (ts.starts_on, ts.id) < ($9::date, $10::uuid))
  order by ts.starts_on desc, ts.id desc limit $11`,
);

/**
 * My sheets, those I may approve, and those that speak of projects I manage; the latest first.
 *
 * @throws AppError `not-found` | `validation.failed` (cursor)
 */
export async function listTimesheets(ctx: Ctx, input: z.output<typeof listTimesheetsInput>) {
  const place = placeOf(input.cursor);
  const { organizationId, userId = null, states = null, from = null, to = null, limit } = input;
  const [{ callerRole, callerExtras }, managed] = await Promise.all([
    accessOrganization(ctx, organizationId, "organization.read"),
    managedProjects(ctx, organizationId),
  ]);
  const holds = organizationGrants(callerRole, "timesheet.approve") || !!callerExtras?.includes("timesheet.approve");
  const decides = holds && inScope(ctx.actor, "timesheet.approve");
  const values = [organizationId, ctx.actor.userId, decides, managed, userId, states, from, to, ...place, limit + 1];
  return pageFrom(await ctx.sql.query<Sorted<TimesheetView>>(sheetsStatement, values), limit);
}

export const openTimesheetInput = z.object({ organizationId: id, day: day.optional().describe("default: today") });

const meStatement = statement(
  "time.me",
  `select time_zone as "timeZone", week_starts_on as "weekStartsOn" from auth.users where id = $1`,
);

/**
 * My sheet that holds a day; a new one if there is none yet.
 *
 * @throws AppError `not-found`
 */
export const openTimesheet = (ctx: Ctx, input: z.output<typeof openTimesheetInput>): Promise<TimesheetView> =>
  inTransaction(ctx, async (ctx) => {
    const { userId } = ctx.actor;
    const [, [me]] = await Promise.all([
      accessOrganization(ctx, input.organizationId, "organization.read"),
      ctx.sql.query<{ timeZone: string; weekStartsOn: number }>(meStatement, [userId]),
    ]);
    const { timeZone, weekStartsOn } = me as { timeZone: string; weekStartsOn: number };
    const day = input.day ?? dayOf(ctx.now.toISOString(), timeZone);
    const { organizationId } = input;
    return viewOfSheet(await sheetOfDay(ctx, { organizationId, userId, weekStartsOn }, day));
  });

export const listActivitiesInput = z.strictObject({
  organizationId: id,
  archived: z.boolean().optional().describe("only those that are no longer offered, or only the others"),
  ...page,
});

const activitiesStatement = statement(
  "activity.list",
  `select ${activityColumns}, lower(ta.name) as "sortText" from time.activities ta
  where ta.organization_id = $1 and ($2::boolean is null or (ta.archived_at is not null) = $2)
    and ($3::text is null or (lower(ta.name), ta.id) > ($3, $4::uuid))
  order by lower(ta.name), ta.id limit $5`,
);

/** The activities of an organization, by name. @throws AppError `not-found` | `validation.failed` (cursor) */
export async function listActivities(ctx: Ctx, input: z.output<typeof listActivitiesInput>) {
  const place = placeOf(input.cursor);
  await accessOrganization(ctx, input.organizationId, "organization.read");
  const values = [input.organizationId, input.archived ?? null, ...place, input.limit + 1];
  return pageFrom(await ctx.sql.query<Sorted<ActivityView>>(activitiesStatement, values), input.limit);
}
