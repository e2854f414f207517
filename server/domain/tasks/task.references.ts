import type { Ctx } from "../../context.ts";
import { invalid } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { projectRoleSql } from "../projects/project.access.ts";

/** What a task refers to within its project. */
export interface References {
  assigneeIds?: readonly string[];
  labelIds?: readonly string[];
  parentId?: string | null;
}

const referencesStatement = statement(
  "task.references",
  `select
    array(select asked.id from unnest($2::uuid[]) as asked (id) where ${projectRoleSql("p", "asked.id")} > 0) as people,
    array(select l.id from projects.labels l where l.project_id = p.id and l.id = any($3::uuid[])) as labels,
    exists (select from tasks.tasks t where t.id = $4 and t.project_id = p.id and t.deleted_at is null) as parent
  from projects.projects p where p.id = $1`,
);

/**
 * Refuses people who cannot read the project, and labels and parents of other projects or in the trash.
 *
 * @throws AppError `validation.failed`, alike for missing and foreign ids
 */
export async function requireReferences(
  ctx: Ctx,
  projectId: string,
  { assigneeIds = [], labelIds = [], parentId = null }: References,
): Promise<void> {
  if (assigneeIds.length === 0 && labelIds.length === 0 && !parentId) return;
  const [found] = await ctx.sql.query<{ people: string[]; labels: string[]; parent: boolean }>(referencesStatement, [
    projectId,
    assigneeIds,
    labelIds,
    parentId,
  ]);
  if (!assigneeIds.every((id) => found?.people.includes(id)))
    throw invalid("assigneeIds", "Only people of the project can be assigned.");
  if (!labelIds.every((id) => found?.labels.includes(id)))
    throw invalid("labelIds", "Only labels of the project can be used.");
  if (parentId && !found?.parent) throw invalid("parentId", "The parent must be a task of the same project.");
}
