import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { invalid, stale } from "../../errors.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { id, seenVersion } from "../fields.ts";
import { rightsInScope } from "../scopes.ts";
import { rankIn } from "./place-task.ts";
import { accessTaskWithRights } from "./task.access.ts";
import { taskMoved } from "./task.events.ts";
import { lockPlace, type Place, requirePlace } from "./task.queries.ts";
import { completedAtIn, overLimit, requireNotTrashed, requireRoom, takesRoom } from "./task.rules.ts";
import { saveTask } from "./task.save.ts";
import type { TaskView } from "./task.view.ts";
import { requireFinished, requireTransition } from "./task.workflow.ts";

export const moveTaskInput = z.object({
  taskId: id,
  toStatusId: id,
  afterTaskId: id.nullable().describe("the task to stand behind; null: to the top"),
  overLimit,
  version: seenVersion,
});

/**
 * Moves a task within its project and completes or reopens it as the new status says.
 * Two moves into one status wait for each other. Moving it where it stands changes nothing.
 *
 * @returns the task after the move
 * @throws AppError `not-found` (task, status, or the task to stand behind) | `access.denied` | `stale`
 *   | `validation.failed` (behind itself) | `rule.broken` (WIP limit, transitions, open blockers or sub-tasks where the
 *   project heeds them, task in the trash, archived project)
 */
export const moveTask = (ctx: Ctx, input: z.output<typeof moveTaskInput>): Promise<TaskView> =>
  inTransaction(ctx, async (ctx) => {
    if (input.afterTaskId === input.taskId) throw invalid("afterTaskId", "A task cannot stand behind itself.");
    const position = { afterTaskId: input.afterTaskId };
    const placed = { taskId: input.taskId, projectId: null };
    const [place, { task, rights }] = await Promise.all([
      lockPlace(ctx, input.toStatusId, placed, position),
      accessTaskWithRights(ctx, input.taskId, "task.move"),
    ]);
    requirePlace(place, input.toStatusId, position);
    if (input.version !== undefined && input.version !== task.version) throw stale(task);
    requireNotTrashed(task);
    if (place.statusId !== task.statusId) {
      if (takesRoom(task))
        requireRoom(place, 1, { overLimit: input.overLimit, rights: rightsInScope(ctx.actor, rights) });
      requireTransition(place, task, task.statusId, { userId: ctx.actor.userId, rights });
      if (place.rules)
        await requireFinished(ctx, place, [{ before: task, wanted: { ...task, statusId: place.statusId } }]);
    }

    const moved = saveTask(ctx, task, {
      ...task,
      statusId: place.statusId,
      rank: standsIn(place, task) ? task.rank : await rankIn(ctx, place, task.id),
      completedAt: completedAtIn(place, task, ctx.now),
    });
    return record(ctx, taskMoved, task, moved);
  });

/** The gap was looked for as if the task were not there. */
const standsIn = (place: Place, task: TaskView) =>
  place.statusId === task.statusId &&
  (place.afterRank ?? "") < task.rank &&
  (place.beforeRank === null || task.rank < place.beforeRank);
