import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { invalid } from "../../errors.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { id } from "../fields.ts";
import { rightsInScope } from "../scopes.ts";
import { labels, people, taskFields } from "./create-task.ts";
import { ranksIn } from "./place-task.ts";
import { accessTasks, admitWithRights } from "./task.access.ts";
import { taskArchived, taskAssigned, taskLabelled, taskMoved, taskUnarchived, taskUpdated } from "./task.events.ts";
import { lockPlanning, type Planning, plan } from "./task.planning.ts";
import { lockPlace, lockStatuses, type Place, requirePlace } from "./task.queries.ts";
import { requireReferences } from "./task.references.ts";
import { requireRoomFor } from "./task.room.ts";
import { completedAtIn, overLimit, requireDates, requireNotTrashed, requireSmallSets } from "./task.rules.ts";
import { asSet, changedSet, type Edit, saveTasks } from "./task.save.ts";
import type { TaskView } from "./task.view.ts";
import { insertWatches, notWatching } from "./task.watches.ts";
import { requireFinished, requireTransition } from "./task.workflow.ts";

export const bulkUpdateTasksInput = z.object({
  taskIds: z.array(id).min(1).max(200).describe("all of one project"),
  priority: taskFields.priority.optional(),
  startOn: taskFields.startOn.optional(),
  dueOn: taskFields.dueOn.optional(),
  estimateMinutes: taskFields.estimateMinutes.optional(),
  sprintId: taskFields.sprintId.optional(),
  milestoneId: taskFields.milestoneId.optional(),
  fields: taskFields.fields.optional(),
  toStatusId: id.optional().describe("those that are elsewhere go to its bottom, in the order given"),
  overLimit,
  archived: z.boolean().optional(),
  addAssigneeIds: people.optional(),
  removeAssigneeIds: people.optional(),
  addLabelIds: labels.optional(),
  removeLabelIds: labels.optional(),
});
type Input = z.output<typeof bulkUpdateTasksInput>;

/** Stands in no project. */
const nobody = "00000000-0000-0000-0000-000000000000";

/**
 * Changes many tasks of one project, all or none; each tells one change. What is not given stays. Repeated, it changes
 * nothing.
 *
 * @returns the tasks after the change, in the order given
 * @throws AppError `not-found` | `access.denied` | `validation.failed` (tasks of several projects; people, labels,
 *   sprint, milestone or field of elsewhere; a value not of its field's kind) | `rule.broken` (WIP limit, transitions, open
 *   blockers or sub-tasks where the project heeds them, closed sprint, dates, too many, in the trash, archived project); each names the task or status
 */
export const bulkUpdateTasks = (ctx: Ctx, input: Input): Promise<{ tasks: TaskView[] }> =>
  inTransaction(ctx, async (ctx) => {
    const taskIds = [...new Set(input.taskIds)];
    const toStatusId = input.toStatusId ?? null;
    const { task: first, rights } = await admitWithRights(ctx, taskIds[0] as string, "task.update");
    const { projectId } = first;
    const [planning, , place, tasks] = await Promise.all([
      lockPlanning(ctx, { projectId }, input),
      lockStatuses(ctx, taskIds, toStatusId ? [toStatusId] : []),
      toStatusId ? lockPlace(ctx, toStatusId, { taskId: nobody, projectId }, "bottom") : null,
      accessTasks(ctx, taskIds, toStatusId ? "task.move" : "task.update"),
      requireReferences(ctx, projectId, { assigneeIds: input.addAssigneeIds, labelIds: input.addLabelIds }),
    ]);
    for (const task of tasks) {
      if (task.projectId !== projectId) throw invalid("taskIds", "All tasks must be of one project.");
      requireNotTrashed(task);
    }
    if (toStatusId) requirePlace(place, toStatusId, "bottom");

    const edits = tasks.map((before) => ({ before, wanted: wantedTask(ctx, before, input, planning) }));
    if (place) await enter(ctx, place, edits);
    for (const { before, wanted } of edits) {
      requireDates(wanted);
      requireSmallSets(wanted);
      if (place) requireTransition(place, wanted, before.statusId, { userId: ctx.actor.userId, rights });
    }
    if (place) await requireFinished(ctx, place, edits);
    await requireRoomFor(ctx, edits, { overLimit: input.overLimit, rights: rightsInScope(ctx.actor, rights) });
    insertWatches(ctx, await notWatching(ctx, edits.flatMap(newWatches)));
    const saved = saveTasks(ctx, edits);
    return {
      tasks: saved.map((task, at) => record(ctx, factOf(tasks[at] as TaskView, task), tasks[at] as TaskView, task)),
    };
  });

function wantedTask(ctx: Ctx, task: TaskView, input: Input, planning: Planning): TaskView {
  const { priority = task.priority, startOn = task.startOn, dueOn = task.dueOn } = input;
  const { estimateMinutes = task.estimateMinutes, archived = task.archivedAt !== null } = input;
  return {
    ...task,
    priority,
    startOn,
    dueOn,
    estimateMinutes,
    ...plan(task, input, planning),
    archivedAt: archived ? (task.archivedAt ?? ctx.now.toISOString()) : null,
    assigneeIds: changedSet(task.assigneeIds, { add: input.addAssigneeIds, remove: input.removeAssigneeIds }),
    labelIds: changedSet(task.labelIds, { add: input.addLabelIds, remove: input.removeLabelIds }),
  };
}

/** Puts those that are elsewhere at the bottom of a status. */
async function enter(ctx: Ctx, place: Place, edits: readonly Edit[]): Promise<void> {
  const entering = edits.filter(({ before }) => before.statusId !== place.statusId);
  if (entering.length === 0) return;
  const ranks = await ranksIn(
    ctx,
    place,
    entering.map(({ before }) => before.id),
  );
  entering.forEach(({ before, wanted }, at) => {
    const { statusId } = place;
    Object.assign(wanted, { statusId, rank: ranks[at], completedAt: completedAtIn(place, before, ctx.now) });
  });
}

const newWatches = ({ before, wanted }: Edit) =>
  asSet(wanted.assigneeIds)
    .filter((userId) => !before.assigneeIds.includes(userId))
    .map((userId) => ({ task: wanted, userId }));

/** The fact that tells it all, or `task.updated` where several kinds of things changed. */
function factOf(before: TaskView, after: TaskView) {
  const changed = (...names: (keyof TaskView)[]) =>
    names.some((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
  const facts = [
    changed("statusId") ? taskMoved : null,
    changed("archivedAt") ? (after.archivedAt ? taskArchived : taskUnarchived) : null,
    changed("assigneeIds") ? taskAssigned : null,
    changed("labelIds") ? taskLabelled : null,
    changed("priority", "startOn", "dueOn", "estimateMinutes", "sprintId", "milestoneId", "fields")
      ? taskUpdated
      : null,
  ].filter((fact) => fact !== null);
  return facts.length === 1 ? (facts[0] as typeof taskUpdated) : taskUpdated;
}
