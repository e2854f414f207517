import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { stale } from "../../errors.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { id, seenVersion } from "../fields.ts";
import { labels } from "./create-task.ts";
import { accessTask } from "./task.access.ts";
import { taskLabelled } from "./task.events.ts";
import { requireReferences } from "./task.references.ts";
import { requireNotTrashed, requireSmallSets } from "./task.rules.ts";
import { changedSet, saveTask } from "./task.save.ts";
import type { TaskView } from "./task.view.ts";

export const labelTaskInput = z.object({
  taskId: id,
  labelIds: labels.optional().describe("these and no others"),
  addLabelIds: labels.optional(),
  removeLabelIds: labels.optional(),
  version: seenVersion,
});

/**
 * Changes a task's labels: `labelIds` replaces all, then `removeLabelIds` takes away, then `addLabelIds` adds. Repeated, it changes nothing.
 *
 * @returns the task after the change
 * @throws AppError `not-found` | `access.denied` | `stale` | `validation.failed` (labels of elsewhere)
 *   | `rule.broken` (more than 50, in the trash, archived project)
 */
export const labelTask = (ctx: Ctx, input: z.output<typeof labelTaskInput>): Promise<TaskView> =>
  inTransaction(ctx, async (ctx) => {
    const task = await accessTask(ctx, input.taskId, "task.update");
    if (input.version !== undefined && input.version !== task.version) throw stale(task);
    requireNotTrashed(task);
    const change = { set: input.labelIds, add: input.addLabelIds, remove: input.removeLabelIds };
    const wanted = { ...task, labelIds: changedSet(task.labelIds, change) };
    requireSmallSets(wanted);
    await requireReferences(ctx, task.projectId, {
      labelIds: wanted.labelIds.filter((labelId) => !task.labelIds.includes(labelId)),
    });
    return record(ctx, taskLabelled, task, saveTask(ctx, task, wanted));
  });
