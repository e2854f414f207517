import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { inTransaction } from "../../transaction.ts";
import { day, id, instant, seenVersion } from "../fields.ts";
import { requireSeen } from "../save.ts";
import { durationMinutes, timeComment } from "./create-time-entry.ts";
import { accessTimeEntry, accessWork } from "./time.access.ts";
import { requireOpenDay, type Span, spanOf } from "./time.rules.ts";
import type { TimeEntryView } from "./time.view.ts";
import { saveEntries } from "./time-entry.save.ts";
import { sheetOfDay } from "./timesheet.save.ts";

export const updateTimeEntryInput = z.object({
  timeEntryId: id,
  projectId: id.optional().describe("moves it; its task is dropped unless another one is given"),
  taskId: id.nullable().optional(),
  spentOn: day.optional(),
  durationMinutes: durationMinutes.optional().describe("drops start and end"),
  startedAt: instant.optional(),
  endedAt: instant.optional(),
  activityId: id.nullable().optional(),
  billable: z.boolean().optional(),
  comment: timeComment.optional(),
  version: seenVersion,
});
type Input = z.output<typeof updateTimeEntryInput>;

/**
 * Changes the fields that are given. Another day may bring it into another sheet; neither may be closed.
 *
 * @throws AppError as `createTimeEntry`, and `stale`
 */
export const updateTimeEntry = (ctx: Ctx, input: Input): Promise<TimeEntryView> =>
  inTransaction(ctx, async (ctx) => {
    const before = await accessTimeEntry(ctx, input.timeEntryId, "time.update-own", "time.manage");
    requireSeen(before, input.version);
    const { projectId = before.projectId, activityId = before.activityId } = input;
    const taskId = input.taskId !== undefined ? input.taskId : projectId === before.projectId ? before.taskId : null;
    const work = await accessWork(ctx, { projectId, taskId, activityId }, before.userId, before);
    const sheet = await sheetOfDay(ctx, work, before.spentOn);
    requireOpenDay(work.rules, sheet, before.spentOn);

    const timed = isTimed(input);
    const span = timed ? spanOf(timesOf(before, input), { ...work, now: ctx.now }) : { spentOn: before.spentOn };
    const { spentOn } = span;
    const target = spentOn >= sheet.startsOn && spentOn <= sheet.endsOn ? sheet : await sheetOfDay(ctx, work, spentOn);
    requireOpenDay(work.rules, target, spentOn);

    const { billable = before.billable, comment = before.comment } = input;
    const wanted = { projectId, taskId, activityId, billable, comment, timesheetId: target.id, ...span };
    const [saved] = saveEntries(ctx, [{ before, wanted }], timed ? work.rules.overlap === "refused" : undefined);
    return saved as TimeEntryView;
  });

const isTimed = ({ spentOn, durationMinutes, startedAt, endedAt }: Span) =>
  [spentOn, durationMinutes, startedAt, endedAt].some((given) => given !== undefined);

/** What was said before, as far as nothing else is said now. */
function timesOf(before: TimeEntryView, { spentOn, durationMinutes, startedAt, endedAt }: Input): Span {
  if (startedAt ?? endedAt)
    return { spentOn, durationMinutes, startedAt: startedAt ?? before.startedAt, endedAt: endedAt ?? before.endedAt };
  if (durationMinutes !== undefined) return { spentOn: spentOn ?? before.spentOn, durationMinutes };
  if (before.startedAt) return { spentOn, startedAt: before.startedAt, endedAt: before.endedAt };
  return { spentOn, durationMinutes: before.durationMinutes };
}
