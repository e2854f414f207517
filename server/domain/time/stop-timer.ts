import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { instant } from "../fields.ts";
import { accessWork } from "./time.access.ts";
import { timerDiscarded, timerStopped } from "./time.events.ts";
import type { TimeEntryView } from "./time.view.ts";
import { accessMyTimer } from "./timer.access.ts";
import { bookTimer, removeTimer } from "./timer.save.ts";

export const stopTimerInput = z.object({
  endedAt: instant.optional().describe("for a timer that was forgotten; default: now"),
});

/**
 * Stops my timer and books its time on the day it began.
 *
 * @returns the booked time
 * @throws AppError `not-found` (none runs, also when repeated; or its project is no longer mine to see) | `access.denied`
 *   | `rule.broken` (`time.closed`, longer than a day, end before start, overlap, archived project)
 */
export const stopTimer = (ctx: Ctx, { endedAt }: z.output<typeof stopTimerInput>): Promise<TimeEntryView> =>
  inTransaction(ctx, async (ctx) => {
    const timer = await accessMyTimer(ctx);
    const work = await accessWork(ctx, timer, timer.userId, timer);
    const entry = await bookTimer(ctx, timer, work, { endedAt });
    removeTimer(ctx, timer);
    record(ctx, timerStopped, timer, null);
    return entry;
  });

export const discardTimerInput = z.object({});

/** Ends my timer without booking anything. @throws AppError `not-found` (none runs) */
export const discardTimer = (ctx: Ctx): Promise<{ id: string }> =>
  inTransaction(ctx, async (ctx) => {
    const timer = await accessMyTimer(ctx);
    removeTimer(ctx, timer);
    record(ctx, timerDiscarded, timer, null);
    return { id: timer.id };
  });
