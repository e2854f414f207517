import type { Ctx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import type { ProjectPermission } from "../permissions.ts";
import { type ProjectStanding, projectRoleSql, requireProjectPermission } from "../projects/project.access.ts";
import { type TaskView, taskColumns } from "./task.view.ts";

type Row = TaskView & ProjectStanding;

const select = `select ${taskColumns}, p.archived_at as "projectArchivedAt", ${projectRoleSql("p", "$2")} as "roleRank"
  from tasks.tasks t join projects.projects p on p.id = t.project_id`;

const readStatement = statement("task.access", `${select} where t.id = $1`);
const readSetStatement = statement("task.access-set", `${select} where t.id = any($1::uuid[])`);
/** Apart from the read, and before it: what a statement that had to wait for a lock reads of other tables is old. */
const lockStatement = statement(
  "task.lock",
  "select from tasks.tasks where id = any($1::uuid[]) order by id for no key update",
);

/** A task, and what the caller may do in its project (`server/domain/rights.ts`). */
export interface AccessedTask {
  task: TaskView;
  rights: number;
}

/** The only way to a task by id. Hidden and missing fail alike, so ids cannot be probed. Inside a transaction it is locked. */
export async function accessTask(ctx: Ctx, taskId: string, permission: ProjectPermission): Promise<TaskView> {
  return (await accessTaskWithRights(ctx, taskId, permission)).task;
}

/** The same, for operations whose rules ask who calls. */
export async function accessTaskWithRights(
  ctx: Ctx,
  taskId: string,
  permission: ProjectPermission,
): Promise<AccessedTask> {
  const [, [row]] = await Promise.all([
    lockIfWriting(ctx, [taskId]),
    ctx.sql.query<Row>(readStatement, [taskId, ctx.actor.userId]),
  ]);
  return passDoor(row, taskId, permission);
}

/** The same door without a lock: for operations that must lock other things first. */
export async function admitToTask(ctx: Ctx, taskId: string, permission: ProjectPermission): Promise<TaskView> {
  return (await admitWithRights(ctx, taskId, permission)).task;
}

/** That, with the caller's rights. */
export async function admitWithRights(ctx: Ctx, taskId: string, permission: ProjectPermission): Promise<AccessedTask> {
  const [row] = await ctx.sql.query<Row>(readStatement, [taskId, ctx.actor.userId]);
  return passDoor(row, taskId, permission);
}

/** The same for a set, locked in one order: all of them, or a refusal that names the first one missing. */
export async function accessTasks(
  ctx: Ctx,
  taskIds: readonly string[],
  permission: ProjectPermission,
): Promise<TaskView[]> {
  const [, rows] = await Promise.all([
    lockIfWriting(ctx, taskIds),
    ctx.sql.query<Row>(readSetStatement, [taskIds, ctx.actor.userId]),
  ]);
  const byId = new Map(rows.map((row) => [row.id, row]));
  return taskIds.map((id) => passDoor(byId.get(id), id, permission).task);
}

/** Sent ahead of the read, in the same round trip. */
async function lockIfWriting(ctx: Ctx, taskIds: readonly string[]): Promise<void> {
  if (ctx.transaction) await ctx.sql.query(lockStatement, [taskIds]);
}

function passDoor(row: Row | undefined, taskId: string, permission: ProjectPermission): AccessedTask {
  requireProjectPermission(row, permission, "task", taskId);
  const { projectArchivedAt: _, roleRank, ...task } = row;
  return { task, rights: roleRank ?? 0 };
}
