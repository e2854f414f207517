import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { ruleBroken } from "../../errors.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { id, seenVersion, text } from "../fields.ts";
import { requireSeen } from "../save.ts";
import { timesheetApproved, timesheetReturned } from "./time.events.ts";
import { findTimeSettings } from "./time.rules.ts";
import type { TimesheetView } from "./time.view.ts";
import { accessTimesheet, requireState } from "./timesheet.access.ts";
import { type Sheet, saveSheet, sheetChannels, viewOfSheet } from "./timesheet.save.ts";

export const approveTimesheetInput = z.object({
  timesheetId: id,
  comment: text(2_000).default(""),
  version: seenVersion,
});
export const returnTimesheetInput = z.object({
  timesheetId: id,
  comment: text(2_000)
    .refine((comment) => comment.trim() !== "", "must say what is wrong")
    .describe("what is wrong with it"),
  version: seenVersion,
});

/** Nobody approves their own sheet, unless the organization lets them. */
async function requireOthers(ctx: Ctx, sheet: Sheet): Promise<void> {
  if (sheet.userId !== ctx.actor.userId) return;
  const settings = await findTimeSettings(ctx, sheet.organizationId);
  if (!settings?.ownApproval)
    throw ruleBroken("timesheet.own", "Somebody else has to approve your own sheet.", { timesheetId: sheet.id });
}

const decision = (ctx: Ctx, comment: string) => ({
  comment,
  decidedAt: ctx.now.toISOString(),
  decidedById: ctx.actor.userId,
});

/**
 * Approves a submitted sheet. Repeated, it changes nothing.
 *
 * @throws AppError `not-found` | `access.denied` | `stale` | `rule.broken` (one's own, or not submitted)
 */
export const approveTimesheet = (ctx: Ctx, input: z.output<typeof approveTimesheetInput>): Promise<TimesheetView> =>
  inTransaction(ctx, async (ctx) => {
    const before = await accessTimesheet(ctx, input.timesheetId, "decide");
    if (before.state === "approved") return viewOfSheet(before);
    requireSeen(before, input.version);
    await requireOthers(ctx, before);
    requireState(before, "submitted");
    const after = saveSheet(ctx, before, { state: "approved", ...decision(ctx, input.comment) });
    return record(ctx, timesheetApproved, viewOfSheet(before), viewOfSheet(after), { channels: sheetChannels(after) });
  });

/**
 * Gives a submitted or approved sheet back to its person, who can then change its time again.
 *
 * @throws AppError `not-found` | `access.denied` | `stale` | `rule.broken` (not submitted, or locked)
 */
export const returnTimesheet = (ctx: Ctx, input: z.output<typeof returnTimesheetInput>): Promise<TimesheetView> =>
  inTransaction(ctx, async (ctx) => {
    const before = await accessTimesheet(ctx, input.timesheetId, "decide");
    requireSeen(before, input.version);
    requireState(before, "submitted", "approved");
    const after = saveSheet(ctx, before, { state: "returned", ...decision(ctx, input.comment) });
    return record(ctx, timesheetReturned, viewOfSheet(before), viewOfSheet(after), { channels: sheetChannels(after) });
  });
