import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { id } from "../fields.ts";
import { accessTask, admitToTask } from "./task.access.ts";
import { taskRestored } from "./task.events.ts";
import { lockStatuses } from "./task.queries.ts";
import { requireRoomFor } from "./task.room.ts";
import { saveTasks } from "./task.save.ts";
import { lockParenthood, lockTree, treeIds } from "./task.tree.ts";
import { type TaskView, taskViewSchema } from "./task.view.ts";

export const restoreTaskInput = z.object({ taskId: id });
export const restoredSchema = z.object({
  tasks: z.array(taskViewSchema).describe("the task and those below it that went into the trash with it"),
});

const parentStatement = statement(
  "task.parent-in-trash",
  "select from tasks.tasks where id = $1 and deleted_at is not null",
);

/**
 * Takes a task out of the trash, with those below it that went there with it, each to its old place. Where its parent
 * is still in the trash, it comes back without one. Repeated, it changes nothing.
 *
 * @throws AppError `not-found` | `access.denied` | `rule.broken` (WIP limit, archived project)
 */
export const restoreTask = (
  ctx: Ctx,
  { taskId }: z.output<typeof restoreTaskInput>,
): Promise<z.output<typeof restoredSchema>> =>
  inTransaction(ctx, async (ctx) => {
    const [, ids] = await Promise.all([admitToTask(ctx, taskId, "task.delete"), treeIds(ctx, taskId)]);
    const [, , tree, root] = await Promise.all([
      lockStatuses(ctx, ids),
      lockParenthood(ctx, taskId),
      lockTree(ctx, taskId),
      accessTask(ctx, taskId, "task.delete"),
    ]);
    if (!root.deletedAt) return { tasks: [root] };

    const orphaned = root.parentId && (await ctx.sql.query(parentStatement, [root.parentId])).length > 0;
    const edits = trashedTogether(root, tree).map((before) => ({
      before,
      wanted: { ...before, deletedAt: null, ...(before.id === root.id && orphaned ? { parentId: null } : {}) },
    }));
    await requireRoomFor(ctx, edits);
    const tasks = saveTasks(ctx, edits);
    return { tasks: tasks.map((task) => record(ctx, taskRestored, null, task)) };
  });

/** The root and, below it, what has its moment and hangs on it by others that have it. */
function trashedTogether(root: TaskView, tree: readonly TaskView[]): TaskView[] {
  const children = Map.groupBy(tree, (task) => task.parentId);
  const found = [root];
  for (const task of found) {
    const below = children.get(task.id) ?? [];
    found.push(...below.filter((child) => child.deletedAt === root.deletedAt));
  }
  return found;
}
