import { v7 } from "uuid";
import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { inTransaction } from "../../transaction.ts";
import { day, id, instant, text } from "../fields.ts";
import { accessWork } from "./time.access.ts";
import { longestMinutes } from "./time.calendar.ts";
import { requireOpenDay, spanOf } from "./time.rules.ts";
import type { TimeEntryView } from "./time.view.ts";
import { addEntries } from "./time-entry.save.ts";
import { sheetOfDay } from "./timesheet.save.ts";

export const timeComment = text(2_000);
export const durationMinutes = z.int().min(1).max(longestMinutes);

export const createTimeEntryInput = z.object({
  projectId: id,
  taskId: id.nullable().default(null).describe("of the project"),
  userId: id.optional().describe("who worked, if not the caller: needs `time.manage`"),
  spentOn: day.optional().describe("default: today, where they are"),
  durationMinutes: durationMinutes.optional(),
  startedAt: instant.optional().describe("with `endedAt`, instead of day and duration"),
  endedAt: instant.optional(),
  activityId: id.nullable().default(null),
  billable: z.boolean().optional().describe("default: as the activity is; true without one"),
  comment: timeComment.default(""),
});

/**
 * Books time: so long on a day, or from one instant to another. It joins the sheet of its week.
 *
 * @throws AppError `not-found` (project, task, activity, person) | `access.denied` | `validation.failed` (too little or too much is said)
 *   | `rule.broken` (`time.closed`, overlap where the organization refuses it, longer than a day, archived project or activity,
 *   task in the trash)
 */
export const createTimeEntry = (ctx: Ctx, input: z.output<typeof createTimeEntryInput>): Promise<TimeEntryView> =>
  inTransaction(ctx, async (ctx) => {
    const work = await accessWork(ctx, input, input.userId ?? ctx.actor.userId);
    const { projectId, taskId, activityId, comment } = input;
    const billable = input.billable ?? work.activity?.billable ?? true;
    const span = spanOf(input, { timeZone: work.timeZone, now: ctx.now, rules: work.rules });
    const sheet = await sheetOfDay(ctx, work, span.spentOn);
    requireOpenDay(work.rules, sheet, span.spentOn);

    const { organizationId, userId } = work;
    const at = ctx.now.toISOString();
    const entry: TimeEntryView = {
      id: v7(),
      ...{ organizationId, projectId, taskId, userId, timesheetId: sheet.id },
      ...span,
      ...{ activityId, billable, comment, createdAt: at, updatedAt: at, version: 1 },
    };
    addEntries(ctx, [entry], work.rules.overlap === "refused");
    return entry;
  });
