import type { Ctx } from "../../context.ts";
import { ruleBroken } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";

const lockStatement = statement(
  "task.lock-tree",
  `select pg_advisory_xact_lock(hashtextextended('tasks.tree:' || t.project_id, 0)) from tasks.tasks t where t.id = $1`,
);

/** Changes of parents and links in one project wait for each other: two of them, each sound alone, could close a circle. */
export async function lockParenthood(ctx: Ctx, taskId: string): Promise<void> {
  await ctx.sql.query(lockStatement, [taskId]);
}

const ancestorStatement = statement(
  "task.is-ancestor",
  `with recursive up as (
    select id, parent_id from tasks.tasks where id = $2
    union select t.id, t.parent_id from tasks.tasks t join up on t.id = up.parent_id
  ) select 1 from up where id = $1`,
);

/** @throws AppError `rule.broken` when the new parent is the task or lies below it */
export async function requireNoCycle(ctx: Ctx, taskId: string, parentId: string): Promise<void> {
  const below = taskId === parentId || (await ctx.sql.query(ancestorStatement, [taskId, parentId])).length > 0;
  if (below) throw ruleBroken("task.cycle", "A task cannot lie below itself.", { taskId, parentId });
}
