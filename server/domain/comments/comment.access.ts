import type { Actor, Ctx } from "../../context.ts";
import { denied, notFound, ruleBroken } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { type OrganizationRole, organizationGrants, type ProjectPermission } from "../permissions.ts";
import { type ProjectStanding, projectRoleSql, requireProjectPermission } from "../projects/project.access.ts";
import { rightsGrant } from "../rights.ts";
import { inScope } from "../scopes.ts";
import { admitToTask } from "../tasks/task.access.ts";
import { requireNotTrashed } from "../tasks/task.rules.ts";
import type { TaskView } from "../tasks/task.view.ts";
import { type CommentView, commentColumns } from "./comment.view.ts";

interface Row extends CommentView, ProjectStanding {
  organizationRole: OrganizationRole | null;
  taskDeletedAt: string | null;
}

const readStatement = statement(
  "comment.access",
  `select ${commentColumns}, t.deleted_at as "taskDeletedAt", p.archived_at as "projectArchivedAt",
    ${projectRoleSql("p", "$2")} as "roleRank",
    (select me.role from organizations.members me where me.organization_id = c.organization_id and me.user_id = $2) as "organizationRole"
  from comments.comments c join tasks.tasks t on t.id = c.task_id join projects.projects p on p.id = c.project_id
  where c.id = $1`,
);
/** Apart from the read, and before it: what a statement that had to wait for a lock reads of other tables is old. */
const lockStatement = statement("comment.lock", "select from comments.comments where id = $1 for no key update");

/** Whether somebody of this role is let into internal comments. */
export const readsInternal = (actor: Actor, role: OrganizationRole | null | undefined): boolean =>
  !!role && organizationGrants(role, "comment.internal") && inScope(actor, "comment.internal");

/**
 * The only way to a comment by id. Hidden and missing fail alike, so ids cannot be probed. Inside a transaction it is
 * locked. Comments on a task in the trash wait there with it.
 */
export async function accessComment(
  ctx: Ctx,
  commentId: string,
  permission: ProjectPermission,
): Promise<{ comment: CommentView; rights: number; internal: boolean }> {
  const [, [row]] = await Promise.all([
    ctx.transaction ? ctx.sql.query(lockStatement, [commentId]) : null,
    ctx.sql.query<Row>(readStatement, [commentId, ctx.actor.userId]),
  ]);
  const internal = readsInternal(ctx.actor, row?.organizationRole);
  if (row?.internal && !internal) throw notFound("comment", commentId);
  requireProjectPermission(row, permission, "comment", commentId);
  const { taskDeletedAt, projectArchivedAt: _, roleRank, organizationRole: __, ...comment } = row as Row;
  requireNotTrashed({ id: comment.taskId, deletedAt: taskDeletedAt });
  return { comment, rights: roleRank ?? 0, internal };
}

/** The same for who wrote it, or may do more than they. */
export async function accessOwnComment(
  ctx: Ctx,
  commentId: string,
  permission: ProjectPermission,
  orElse?: ProjectPermission,
) {
  const access = await accessComment(ctx, commentId, permission);
  const mine = access.comment.authorId === ctx.actor.userId;
  if (!mine && !(orElse && rightsGrant(access.rights, orElse) && inScope(ctx.actor, orElse)))
    throw denied(orElse ?? permission);
  return access;
}

const callerStatement = statement(
  "comment.caller",
  `select u.name, me.role, exists (select from tasks.watches w where w.task_id = t.id and w.user_id = $2) as watches
  from tasks.tasks t
  join organizations.members me on me.organization_id = t.organization_id and me.user_id = $2
  join auth.users u on u.id = me.user_id where t.id = $1`,
);

interface Caller {
  name: string;
  role: OrganizationRole;
  /** Hears of the task already. */
  watches: boolean;
}

/** Who calls, as the people around a task see them; null for strangers, whom the task's door refuses. */
export async function findCaller(ctx: Ctx, taskId: string): Promise<Caller | null> {
  const [caller] = await ctx.sql.query<Caller>(callerStatement, [taskId, ctx.actor.userId]);
  return caller ?? null;
}

/** The door to all comments on a task, without a lock; tells whether the internal ones are among them. */
export async function accessComments(ctx: Ctx, taskId: string): Promise<{ task: TaskView; internal: boolean }> {
  const [task, caller] = await Promise.all([admitToTask(ctx, taskId, "comment.read"), findCaller(ctx, taskId)]);
  requireNotTrashed(task);
  return { task, internal: readsInternal(ctx.actor, caller?.role) };
}

/** @throws AppError `rule.broken` for one that was deleted */
export function requireNotDeleted({ id, deletedAt }: CommentView): void {
  if (deletedAt) throw ruleBroken("comment.deleted", "This comment was deleted.", { commentId: id });
}
