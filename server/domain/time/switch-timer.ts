import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { beginTimer, startTimerInput } from "./start-timer.ts";
import { accessWork } from "./time.access.ts";
import { timerSwitched } from "./time.events.ts";
import { timeEntryViewSchema, timerViewSchema } from "./time.view.ts";
import { findMyTimer } from "./timer.access.ts";
import { bookTimer, saveTimer } from "./timer.save.ts";

export const switchTimerInput = startTimerInput.omit({ startedAt: true });
export const switchedSchema = z.object({
  timer: timerViewSchema,
  timeEntry: timeEntryViewSchema.nullable().describe("what was booked; null: none ran"),
});

/**
 * Books the time so far, and lets my timer go on from this moment for other work. Starts one where none runs.
 *
 * @throws AppError `not-found` (project, task, activity) | `access.denied`
 *   | `rule.broken` (`time.closed`, longer than a day, overlap, archived project or activity, task in the trash)
 */
export const switchTimer = (
  ctx: Ctx,
  input: z.output<typeof switchTimerInput>,
): Promise<z.output<typeof switchedSchema>> =>
  inTransaction(ctx, async (ctx) => {
    const next = await accessWork(ctx, input, ctx.actor.userId);
    const before = await findMyTimer(ctx);
    if (!before) return { timer: await beginTimer(ctx, input, next), timeEntry: null };
    const work = await accessWork(ctx, before, before.userId, before);
    const timeEntry = await bookTimer(ctx, before, work);
    const { projectId, taskId, activityId, comment } = input;
    const billable = input.billable ?? next.activity?.billable ?? true;
    const startedAt = timeEntry.endedAt as string;
    const { organizationId } = next;
    const timer = saveTimer(ctx, before, {
      organizationId,
      projectId,
      taskId,
      activityId,
      billable,
      comment,
      startedAt,
    });
    return { timer: record(ctx, timerSwitched, before, timer), timeEntry };
  });
