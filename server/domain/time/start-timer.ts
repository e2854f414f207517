import { v7 } from "uuid";
import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { conflict, invalid } from "../../errors.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { id, instant } from "../fields.ts";
import { timeComment } from "./create-time-entry.ts";
import { accessWork, type Work } from "./time.access.ts";
import { timerStarted } from "./time.events.ts";
import type { TimerView } from "./time.view.ts";
import { findMyTimer } from "./timer.access.ts";
import { insertTimer } from "./timer.save.ts";

export const startTimerInput = z.object({
  projectId: id,
  taskId: id.nullable().default(null).describe("of the project"),
  startedAt: instant.optional().describe("not in the future; default: now"),
  activityId: id.nullable().default(null),
  billable: z.boolean().optional().describe("default: as the activity is; true without one"),
  comment: timeComment.default(""),
});

/** When a timer began. @throws AppError `validation.failed` for the future */
export function startOf(ctx: Ctx, startedAt: string | undefined): string {
  const at = startedAt ? new Date(startedAt) : ctx.now;
  if (at > ctx.now) throw invalid("startedAt", "A timer does not start in the future.");
  return at.toISOString();
}

/**
 * Starts my timer. Of two starts at once one remains.
 *
 * @throws AppError `not-found` (project, task, activity) | `access.denied` | `conflict` (one runs already, `details.timer`)
 *   | `rule.broken` (archived project or activity, task in the trash)
 */
export const startTimer = (ctx: Ctx, input: z.output<typeof startTimerInput>): Promise<TimerView> =>
  inTransaction(ctx, async (ctx) => {
    const work = await accessWork(ctx, input, ctx.actor.userId);
    const running = await findMyTimer(ctx);
    if (running) throw conflict("A timer runs already: switch it, or stop it first.", { timer: running });
    return beginTimer(ctx, input, work);
  });

/** Starts a timer behind the door to its work. */
export async function beginTimer(ctx: Ctx, input: z.output<typeof startTimerInput>, work: Work): Promise<TimerView> {
  const { projectId, taskId, activityId, comment } = input;
  const { organizationId, userId, activity } = work;
  const at = ctx.now.toISOString();
  const timer: TimerView = {
    id: v7(),
    ...{ organizationId, projectId, taskId, userId, startedAt: startOf(ctx, input.startedAt), activityId },
    ...{ billable: input.billable ?? activity?.billable ?? true, comment, createdAt: at, updatedAt: at, version: 1 },
  };
  await insertTimer(ctx, timer);
  return record(ctx, timerStarted, null, timer);
}
