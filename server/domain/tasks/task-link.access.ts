import type { Ctx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import type { ProjectPermission } from "../permissions.ts";
import { type ProjectStanding, projectRoleSql, requireProjectPermission } from "../projects/project.access.ts";
import { type TaskLinkView, taskLinkColumns } from "./task-link.view.ts";

const readStatement = statement(
  "task-link.access",
  `select ${taskLinkColumns}, p.archived_at as "projectArchivedAt", ${projectRoleSql("p", "$2")} as "roleRank"
  from tasks.task_links k join projects.projects p on p.id = k.project_id where k.id = $1`,
);
const lockStatement = statement("task-link.lock", "select from tasks.task_links where id = $1 for update");

/** The only way to a link by id. Inside a transaction it is locked. */
export async function accessTaskLink(ctx: Ctx, linkId: string, permission: ProjectPermission): Promise<TaskLinkView> {
  const [, [row]] = await Promise.all([
    ctx.transaction ? ctx.sql.query(lockStatement, [linkId]) : null,
    ctx.sql.query<TaskLinkView & ProjectStanding>(readStatement, [linkId, ctx.actor.userId]),
  ]);
  requireProjectPermission(row, permission, "taskLink", linkId);
  const { projectArchivedAt: _, roleRank: __, ...link } = row as TaskLinkView & ProjectStanding;
  return link;
}

const ofTasksStatement = statement(
  "task-link.of-tasks",
  `select ${taskLinkColumns} from tasks.task_links k where k.blocker_id = any($1::uuid[]) or k.blocked_id = any($1::uuid[]) order by k.id`,
);

/** All links of tasks that a door was passed to, both ways. */
export const linksOfTasks = (ctx: Ctx, taskIds: readonly string[]) =>
  ctx.sql.query<TaskLinkView>(ofTasksStatement, [taskIds]);
