import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { stale } from "../../errors.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { id, seenVersion } from "../fields.ts";
import { people } from "./create-task.ts";
import { accessTask } from "./task.access.ts";
import { taskAssigned } from "./task.events.ts";
import { requireReferences } from "./task.references.ts";
import { requireNotTrashed, requireSmallSets } from "./task.rules.ts";
import { changedSet, saveTask } from "./task.save.ts";
import type { TaskView } from "./task.view.ts";
import { insertWatches, notWatching } from "./task.watches.ts";

export const assignTaskInput = z.object({
  taskId: id,
  assigneeIds: people.optional().describe("these and nobody else"),
  addAssigneeIds: people.optional(),
  removeAssigneeIds: people.optional(),
  version: seenVersion,
});

/**
 * Changes who is assigned: `assigneeIds` replaces all, then `removeAssigneeIds` takes away, then `addAssigneeIds` adds. Who is added watches the task.
 * Repeated, it changes nothing.
 *
 * @returns the task after the change
 * @throws AppError `not-found` | `access.denied` | `stale` | `validation.failed` (people who cannot read the project)
 *   | `rule.broken` (more than 50, in the trash, archived project)
 */
export const assignTask = (ctx: Ctx, input: z.output<typeof assignTaskInput>): Promise<TaskView> =>
  inTransaction(ctx, async (ctx) => {
    const task = await accessTask(ctx, input.taskId, "task.update");
    if (input.version !== undefined && input.version !== task.version) throw stale(task);
    requireNotTrashed(task);
    const change = { set: input.assigneeIds, add: input.addAssigneeIds, remove: input.removeAssigneeIds };
    const wanted = { ...task, assigneeIds: changedSet(task.assigneeIds, change) };
    const added = wanted.assigneeIds.filter((userId) => !task.assigneeIds.includes(userId));
    requireSmallSets(wanted);
    const watchings = added.map((userId) => ({ task, userId }));
    const [unwatched] = await Promise.all([
      notWatching(ctx, watchings),
      requireReferences(ctx, task.projectId, { assigneeIds: added }),
    ]);
    insertWatches(ctx, unwatched);
    return record(ctx, taskAssigned, task, saveTask(ctx, task, wanted));
  });
