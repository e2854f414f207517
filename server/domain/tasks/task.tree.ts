import type { Ctx } from "../../context.ts";
import { ruleBroken } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { type TaskView, taskColumns } from "./task.view.ts";

const lockStatement = statement(
  "task.lock-tree",
  `select pg_advisory_xact_lock(hashtextextended('tasks.tree:' || t.project_id, 0)) from tasks.tasks t where t.id = $1`,
);
const shareStatement = statement(
  "task.share-tree",
  `select pg_advisory_xact_lock_shared(hashtextextended('tasks.tree:' || $1::uuid, 0))`,
);

/**
 * Changes of parents and links in one project, and of what is in the trash, wait for each other: two of them, each
 * sound alone, could close a circle or leave a task below one that is gone. After statuses, before tasks.
 */
export async function lockParenthood(ctx: Ctx, taskId: string): Promise<void> {
  await ctx.sql.query(lockStatement, [taskId]);
}

/** Keeps the tree as it is, for a new task that joins it: new leaves need not wait for each other. */
export async function shareParenthood(ctx: Ctx, projectId: string): Promise<void> {
  await ctx.sql.query(shareStatement, [projectId]);
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

/** The task `$1` and all below it, as `tree`. */
const treeSql = `with recursive tree as (
    select id from tasks.tasks where id = $1
    union select t.id from tasks.tasks t join tree on t.parent_id = tree.id
  )`;

const treeIdsStatement = statement("task.tree-ids", `${treeSql} select id from tree`);
const lockTasksStatement = statement(
  "task.lock-tree-tasks",
  `${treeSql} select from tasks.tasks t where t.id in (select id from tree) order by t.id for no key update`,
);
const readTreeStatement = statement(
  "task.read-tree",
  `${treeSql} select ${taskColumns} from tasks.tasks t join tree on tree.id = t.id order by t.number`,
);

/** The ids of a task and all below it, the trash included. */
export async function treeIds(ctx: Ctx, taskId: string): Promise<string[]> {
  const rows = await ctx.sql.query<{ id: string }>(treeIdsStatement, [taskId]);
  return rows.map((row) => row.id);
}

/** A task and all below it, the trash included. */
export const readTree = (ctx: Ctx, taskId: string) => ctx.sql.query<TaskView>(readTreeStatement, [taskId]);

const lockWholeStatement = statement(
  "task.lock-whole",
  "select from tasks.tasks where id = any($1::uuid[]) order by id for update",
);

/** Against everything that begins to refer to the tasks, too: who writes a comment waits, or is waited for. */
export async function lockWhole(ctx: Ctx, taskIds: readonly string[]): Promise<void> {
  await ctx.sql.query(lockWholeStatement, [taskIds]);
}

/** The same, locked. To be called under `lockParenthood`. */
export async function lockTree(ctx: Ctx, taskId: string): Promise<TaskView[]> {
  const [, tasks] = await Promise.all([ctx.sql.query(lockTasksStatement, [taskId]), readTree(ctx, taskId)]);
  return tasks;
}
