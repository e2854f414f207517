import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { id, seenVersion } from "../fields.ts";
import { requireSeen } from "../save.ts";
import { timesheetHidden, timesheetShown, timesheetSubmitted, timesheetWithdrawn } from "./time.events.ts";
import type { TimesheetView } from "./time.view.ts";
import { accessTimesheet, requireState } from "./timesheet.access.ts";
import { saveSheet, sheetChannels, viewOfSheet } from "./timesheet.save.ts";

export const timesheetInput = z.object({ timesheetId: id, version: seenVersion });
type Input = z.output<typeof timesheetInput>;

const projectsStatement = statement(
  "timesheet.projects",
  `select coalesce(array_agg(distinct te.project_id), '{}') as ids from time.entries te where te.timesheet_id = $1`,
);

/**
 * Hands my sheet in: its time no longer changes until it is returned. The managers of its projects see it from now on.
 * Repeated, it changes nothing.
 *
 * @throws AppError `not-found` | `access.denied` (not mine) | `stale` | `rule.broken` (approved or locked)
 */
export const submitTimesheet = (ctx: Ctx, input: Input): Promise<TimesheetView> =>
  inTransaction(ctx, async (ctx) => {
    const before = await accessTimesheet(ctx, input.timesheetId, "own");
    if (before.state === "submitted") return viewOfSheet(before);
    requireSeen(before, input.version);
    requireState(before, "open", "returned");
    const [projects] = await ctx.sql.query<{ ids: string[] }>(projectsStatement, [before.id]);
    const projectIds = projects?.ids ?? [];
    const submittedAt = ctx.now.toISOString();
    const after = saveSheet(ctx, before, { state: "submitted", submittedAt, projectIds });

    const view = viewOfSheet(after);
    const kept = before.projectIds.filter((projectId) => projectIds.includes(projectId));
    const channelsOfOnly = (from: readonly string[], without: readonly string[]) =>
      from.filter((projectId) => !without.includes(projectId)).map((projectId) => `project-time:${projectId}` as const);
    record(ctx, timesheetHidden, view, null, { channels: channelsOfOnly(before.projectIds, kept) });
    record(ctx, timesheetShown, null, view, { channels: channelsOfOnly(projectIds, kept) });
    const channels = sheetChannels({ ...after, projectIds: kept });
    return record(ctx, timesheetSubmitted, viewOfSheet(before), view, { channels });
  });

/**
 * Takes my sheet back before anybody has decided on it. Repeated, it changes nothing.
 *
 * @throws AppError `not-found` | `access.denied` (not mine) | `stale` | `rule.broken` (approved or locked)
 */
export const withdrawTimesheet = (ctx: Ctx, input: Input): Promise<TimesheetView> =>
  inTransaction(ctx, async (ctx) => {
    const before = await accessTimesheet(ctx, input.timesheetId, "own");
    if (before.state === "open") return viewOfSheet(before);
    requireSeen(before, input.version);
    requireState(before, "submitted");
    const after = saveSheet(ctx, before, { state: "open", submittedAt: null });
    return record(ctx, timesheetWithdrawn, viewOfSheet(before), viewOfSheet(after), { channels: sheetChannels(after) });
  });
