import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { stale } from "../../errors.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { id, seenVersion } from "../fields.ts";
import { taskFields } from "./create-task.ts";
import { accessTask } from "./task.access.ts";
import { taskUpdated } from "./task.events.ts";
import { lockPlanning, plan } from "./task.planning.ts";
import { requireReferences } from "./task.references.ts";
import { requireDates, requireNotTrashed } from "./task.rules.ts";
import { saveTask } from "./task.save.ts";
import { lockParenthood, requireNoCycle } from "./task.tree.ts";
import type { TaskView } from "./task.view.ts";

export const updateTaskInput = z.object({
  taskId: id,
  title: taskFields.title.optional(),
  description: taskFields.description.optional(),
  priority: taskFields.priority.optional(),
  parentId: taskFields.parentId.optional(),
  startOn: taskFields.startOn.optional(),
  dueOn: taskFields.dueOn.optional(),
  estimateMinutes: taskFields.estimateMinutes.optional(),
  sprintId: taskFields.sprintId.optional(),
  milestoneId: taskFields.milestoneId.optional(),
  fields: taskFields.fields.optional(),
  version: seenVersion,
});

/**
 * Changes a task's words, dates, priority, estimate, parent, sprint, milestone or custom fields; what is not given
 * stays. Giving nothing new changes nothing.
 *
 * @returns the task after the change
 * @throws AppError `not-found` | `access.denied` | `stale` | `validation.failed` (parent, sprint,
 *   milestone or field of elsewhere, a value not of its field's kind) | `rule.broken` (start after due, a task below
 *   itself, closed sprint, in the trash, archived project)
 */
export const updateTask = (
  ctx: Ctx,
  { taskId, version, ...wanted }: z.output<typeof updateTaskInput>,
): Promise<TaskView> =>
  inTransaction(ctx, async (ctx) => {
    const [planning, , task] = await Promise.all([
      lockPlanning(ctx, { taskId }, wanted),
      wanted.parentId ? lockParenthood(ctx, taskId) : null,
      accessTask(ctx, taskId, "task.update"),
    ]);
    if (version !== undefined && version !== task.version) throw stale(task);
    requireNotTrashed(task);
    if (wanted.parentId && wanted.parentId !== task.parentId) {
      await Promise.all([
        requireReferences(ctx, task.projectId, { parentId: wanted.parentId }),
        requireNoCycle(ctx, task.id, wanted.parentId),
      ]);
    }
    const { fields: _, ...others } = wanted;
    const given = Object.fromEntries(Object.entries(others).filter(([, value]) => value !== undefined));
    const updated = { ...task, ...given, ...plan(task, wanted, planning) };
    requireDates(updated);
    return record(ctx, taskUpdated, task, saveTask(ctx, task, updated));
  });
