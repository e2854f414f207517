import type { z } from "zod";
import type { Ctx, PublicCtx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { requireSeen } from "../save.ts";
import type { timesheetInput } from "./submit-timesheet.ts";
import { timeEntrySettled, timesheetLocked, timesheetSettled } from "./time.events.ts";
import { type TimeEntryView, type TimesheetView, timeEntryColumns } from "./time.view.ts";
import { accessTimesheet, requireState } from "./timesheet.access.ts";
import { type Sheet, saveSheet, sheetChannels, sheetColumns, viewOfSheet } from "./timesheet.save.ts";

/**
 * Locks an approved sheet for good. Repeated, it changes nothing.
 *
 * @throws AppError `not-found` | `access.denied` | `stale` | `rule.broken` (not approved)
 */
export const lockTimesheet = (ctx: Ctx, input: z.output<typeof timesheetInput>): Promise<TimesheetView> =>
  inTransaction(ctx, async (ctx) => {
    const before = await accessTimesheet(ctx, input.timesheetId, "decide");
    if (before.state === "locked") return viewOfSheet(before);
    requireSeen(before, input.version);
    requireState(before, "approved");
    return lockSheet(ctx, before);
  });

const settleStatement = statement(
  "time-entry.settle",
  `update time.entries te set settled = true where te.timesheet_id = $1 and not te.settled returning ${timeEntryColumns}`,
);

/** Takes a sheet and its time out of the channels of work that goes on, so that these stay small. It must be locked. */
async function lockSheet(ctx: PublicCtx, before: Sheet): Promise<TimesheetView> {
  const settled = await ctx.sql.query<TimeEntryView>(settleStatement, [before.id]);
  const after = saveSheet(ctx, before, { state: "locked", lockedAt: ctx.now.toISOString() });
  const view = viewOfSheet(after);
  for (const entry of settled) record(ctx, timeEntrySettled, entry, null);
  const own = `timesheet:${view.id}`;
  record(ctx, timesheetSettled, view, null, { channels: sheetChannels(before).filter((channel) => channel !== own) });
  return record(ctx, timesheetLocked, viewOfSheet(before), view);
}

/* Of closed periods, and those that were approved long enough ago. */
const dueStatement = statement(
  "timesheet.due",
  `select ts.id from time.timesheets ts join time.settings st on st.organization_id = ts.organization_id
  where ts.state <> 'locked' and ($1::uuid is null or ts.organization_id = $1) and (ts.ends_on <= st.closed_until
    or ts.state = 'approved' and ts.decided_at < now() - make_interval(days => st.lock_after_days))
  order by ts.ends_on, ts.id limit 500`,
);
const stillDueStatement = statement(
  "timesheet.still-due",
  `select ${sheetColumns} from time.timesheets ts join time.settings st on st.organization_id = ts.organization_id
  where ts.id = $1 and ts.state <> 'locked' and (ts.ends_on <= st.closed_until
    or ts.state = 'approved' and ts.decided_at < now() - make_interval(days => st.lock_after_days)) for no key update of ts`,
);

/** Locks all sheets whose time has come, each in a transaction of its own. @param organizationId null: everywhere */
export async function lockDueSheets(ctx: PublicCtx, organizationId: string | null): Promise<void> {
  for (;;) {
    const due = await ctx.sql.query<{ id: string }>(dueStatement, [organizationId]);
    if (due.length === 0) return;
    for (const { id } of due) {
      await inTransaction(ctx, async (ctx) => {
        const [sheet] = await ctx.sql.query<Sheet>(stillDueStatement, [id]);
        if (sheet) await lockSheet(ctx, sheet);
      });
    }
  }
}
