import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { stale } from "../../errors.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { id, seenVersion } from "../fields.ts";
import { accessTask } from "./task.access.ts";
import { taskArchived, taskUnarchived } from "./task.events.ts";
import { lockStatuses } from "./task.queries.ts";
import { requireRoomFor } from "./task.room.ts";
import { requireNotTrashed } from "./task.rules.ts";
import { saveTask } from "./task.save.ts";
import type { TaskView } from "./task.view.ts";

export const archiveTaskInput = z.object({ taskId: id, version: seenVersion });
type Input = z.output<typeof archiveTaskInput>;

/**
 * Takes a task off the board without deleting it; it no longer counts against its status's limit. Its sub-tasks stay.
 * Repeated, it changes nothing.
 *
 * @returns the task after the change
 * @throws AppError `not-found` | `access.denied` | `stale` | `rule.broken` (in the trash, archived project)
 */
export const archiveTask = (ctx: Ctx, { taskId, version }: Input): Promise<TaskView> =>
  inTransaction(ctx, async (ctx) => {
    const task = await accessTask(ctx, taskId, "task.update");
    if (version !== undefined && version !== task.version) throw stale(task);
    requireNotTrashed(task);
    const archivedAt = task.archivedAt ?? ctx.now.toISOString();
    return record(ctx, taskArchived, task, saveTask(ctx, task, { ...task, archivedAt }));
  });

/**
 * Puts an archived task back on the board, at its old place. Repeated, it changes nothing.
 *
 * @returns the task after the change
 * @throws AppError `not-found` | `access.denied` | `stale` | `rule.broken` (WIP limit, in the trash, archived project)
 */
export const unarchiveTask = (ctx: Ctx, { taskId, version }: Input): Promise<TaskView> =>
  inTransaction(ctx, async (ctx) => {
    const [, task] = await Promise.all([lockStatuses(ctx, [taskId]), accessTask(ctx, taskId, "task.update")]);
    if (version !== undefined && version !== task.version) throw stale(task);
    requireNotTrashed(task);
    const wanted = { ...task, archivedAt: null };
    await requireRoomFor(ctx, [{ before: task, wanted }]);
    return record(ctx, taskUnarchived, task, saveTask(ctx, task, wanted));
  });
