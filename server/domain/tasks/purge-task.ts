import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { ruleBroken } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction, write } from "../../transaction.ts";
import { record } from "../change.ts";
import { taskPurge } from "../consequences.ts";
import { id } from "../fields.ts";
import { accessTask } from "./task.access.ts";
import { taskUnlinked } from "./task.events.ts";
import { lockParenthood, lockWhole, treeIds } from "./task.tree.ts";
import { removeWatches, watchesOfTasks } from "./task.watches.ts";
import { linksOfTasks } from "./task-link.access.ts";

export const purgeTaskInput = z.object({ taskId: id });
export const purgedSchema = z.object({ taskIds: z.array(z.uuid()).describe("the task and all that lay below it") });

const deleteStatement = statement("task.purge", "delete from tasks.tasks where id = any($1::uuid[])");

/**
 * Deletes a task of the trash for ever, with all below it, and their links and watches. Clients dropped the tasks when
 * they went into the trash.
 *
 * @throws AppError `not-found` (also when repeated) | `access.denied` | `rule.broken` (not in the trash, archived project)
 */
export const purgeTask = (
  ctx: Ctx,
  { taskId }: z.output<typeof purgeTaskInput>,
): Promise<z.output<typeof purgedSchema>> =>
  inTransaction(ctx, async (ctx) => {
    const [, task] = await Promise.all([lockParenthood(ctx, taskId), accessTask(ctx, taskId, "task.purge")]);
    if (!task.deletedAt)
      throw ruleBroken("task.not-trashed", "Only what is in the trash can be deleted for ever.", { taskId });
    const taskIds = await treeIds(ctx, taskId);
    const [, links, watches] = await Promise.all([
      lockWhole(ctx, taskIds),
      linksOfTasks(ctx, taskIds),
      watchesOfTasks(ctx, taskIds),
    ]);
    return taskPurge.around(ctx, { taskIds }, async () => {
      for (const link of links) record(ctx, taskUnlinked, link, null);
      removeWatches(ctx, watches);
      write(ctx, deleteStatement, [taskIds]);
      return { taskIds };
    });
  });
