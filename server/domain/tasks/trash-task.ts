import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { stale } from "../../errors.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { id, seenVersion } from "../fields.ts";
import { accessTask, admitToTask } from "./task.access.ts";
import { taskTrashed } from "./task.events.ts";
import { lockStatuses } from "./task.queries.ts";
import { saveTasks } from "./task.save.ts";
import { lockParenthood, lockTree, treeIds } from "./task.tree.ts";
import type { TaskView } from "./task.view.ts";

export const trashTaskInput = z.object({ taskId: id, version: seenVersion });

export const trashedSchema = z.object({
  deletedAt: z.iso.datetime(),
  taskIds: z.array(z.uuid()).describe("the task and those below it that went with it"),
});

/**
 * Puts a task and all below it into the trash; restoring it brings the same ones back. Links and watches wait there
 * with them. Repeated, it changes nothing and answers the same.
 *
 * @throws AppError `not-found` | `access.denied` | `stale` | `rule.broken` (archived project)
 */
export const trashTask = (
  ctx: Ctx,
  { taskId, version }: z.output<typeof trashTaskInput>,
): Promise<z.output<typeof trashedSchema>> =>
  inTransaction(ctx, async (ctx) => {
    const [, ids] = await Promise.all([admitToTask(ctx, taskId, "task.delete"), treeIds(ctx, taskId)]);
    const [, , tree, root] = await Promise.all([
      lockStatuses(ctx, ids),
      lockParenthood(ctx, taskId),
      lockTree(ctx, taskId),
      accessTask(ctx, taskId, "task.delete"),
    ]);
    if (root.deletedAt) return trashedWith(root.deletedAt, tree);
    if (version !== undefined && version !== root.version) throw stale(root);

    const deletedAt = momentAfter(ctx.now, tree);
    const edits = tree
      .filter((task) => !task.deletedAt)
      .map((before) => ({ before, wanted: { ...before, deletedAt } }));
    const trashed = saveTasks(ctx, edits);
    for (const { before } of edits) record(ctx, taskTrashed, before, null);
    return trashedWith(deletedAt, trashed);
  });

/** What was trashed together has the same moment; so it must differ from those of what lies below and went earlier. */
function momentAfter(now: Date, tree: readonly TaskView[]): string {
  const earlier = tree.flatMap((task) => (task.deletedAt ? [Date.parse(task.deletedAt)] : []));
  return new Date(Math.max(now.getTime(), ...earlier.map((at) => at + 1))).toISOString();
}

const trashedWith = (deletedAt: string, tasks: readonly TaskView[]) => ({
  deletedAt,
  taskIds: tasks.filter((task) => task.deletedAt === deletedAt).map((task) => task.id),
});
