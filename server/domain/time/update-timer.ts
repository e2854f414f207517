import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { id, instant, seenVersion } from "../fields.ts";
import { requireSeen } from "../save.ts";
import { timeComment } from "./create-time-entry.ts";
import { startOf } from "./start-timer.ts";
import { accessWork } from "./time.access.ts";
import { timerUpdated } from "./time.events.ts";
import type { TimerView } from "./time.view.ts";
import { accessMyTimer } from "./timer.access.ts";
import { saveTimer } from "./timer.save.ts";

export const updateTimerInput = z.object({
  projectId: id.optional().describe("its task is dropped unless another one is given"),
  taskId: id.nullable().optional(),
  startedAt: instant.optional(),
  activityId: id.nullable().optional(),
  billable: z.boolean().optional(),
  comment: timeComment.optional(),
  version: seenVersion,
});

/**
 * Corrects what my timer says, while it goes on.
 *
 * @throws AppError `not-found` (none runs; project, task, activity) | `access.denied` | `stale` | `rule.broken` (archived project
 *   or activity, task in the trash)
 */
export const updateTimer = (ctx: Ctx, input: z.output<typeof updateTimerInput>): Promise<TimerView> =>
  inTransaction(ctx, async (ctx) => {
    const before = await accessMyTimer(ctx);
    requireSeen(before, input.version);
    const { projectId = before.projectId, activityId = before.activityId } = input;
    const taskId = input.taskId !== undefined ? input.taskId : projectId === before.projectId ? before.taskId : null;
    const { organizationId } = await accessWork(ctx, { projectId, taskId, activityId }, before.userId, before);
    const { billable = before.billable, comment = before.comment } = input;
    const startedAt = input.startedAt === undefined ? before.startedAt : startOf(ctx, input.startedAt);
    const wanted = { organizationId, projectId, taskId, startedAt, activityId, billable, comment };
    return record(ctx, timerUpdated, before, saveTimer(ctx, before, wanted));
  });
