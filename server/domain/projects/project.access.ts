import type { Ctx } from "../../context.ts";
import { denied, notFound, ruleBroken } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { grantedWhenArchived, type ProjectPermission, type ProjectRole, projectGrants } from "../permissions.ts";

/**
 * Somebody's role in a project as a number, 0 for none: what they or their teams were given; `manager` for owners and
 * admins of the organization; `editor` for its members where the project is open to it.
 *
 * @param project alias of a row of projects.projects
 * @param user an expression for the person's id
 */
export const projectRoleSql = (project: string, user: string) => `
  (select case
      when m.role in ('owner', 'admin') then 4
      else greatest(
        case when ${project}.visibility = 'organization' and m.role = 'member' then 3 else 0 end,
        (select coalesce(max(case given.role when 'manager' then 4 when 'editor' then 3 when 'commenter' then 2 else 1 end), 0)
          from projects.project_members given
          where given.project_id = ${project}.id and (given.user_id = m.user_id or given.team_id in
            (select tm.team_id from organizations.team_members tm where tm.user_id = m.user_id))))
    end
    from organizations.members m
    where m.organization_id = ${project}.organization_id and m.user_id = ${user})`;

const roleNames = ["viewer", "commenter", "editor", "manager"] as const satisfies readonly ProjectRole[];

/** The name of a role number from `projectRoleSql`; null for none. */
export const projectRoleOf = (rank: number | null): ProjectRole | null => (rank ? (roleNames[rank - 1] ?? null) : null);

/** What doors tell of a project besides the entity asked for. */
export interface ProjectStanding {
  roleRank: number | null;
  projectArchivedAt: string | null;
}

/** Refuses who has no role, too low a role, or writes to an archived project. */
export function requireProjectPermission(
  standing: ProjectStanding | undefined,
  permission: ProjectPermission,
  entity: string,
  id: string,
): asserts standing is ProjectStanding {
  const role = standing && projectRoleOf(standing.roleRank);
  if (!standing || !role) throw notFound(entity, id);
  if (!projectGrants(role, permission)) throw denied(permission);
  if (standing.projectArchivedAt && !grantedWhenArchived.includes(permission)) {
    throw ruleBroken("project.archived", "This project is archived; restore it first.");
  }
}

export interface AccessibleProject extends ProjectStanding {
  id: string;
  organizationId: string;
  key: string;
}

const accessStatement = statement(
  "project.access",
  `select p.id, p.organization_id as "organizationId", p.key, p.archived_at as "projectArchivedAt", ${projectRoleSql("p", "$2")} as "roleRank"
  from projects.projects p where p.id = $1`,
);

/** The only way to a project by id. Hidden and missing fail alike, so ids cannot be probed. */
export async function accessProject(
  ctx: Ctx,
  projectId: string,
  permission: ProjectPermission,
): Promise<AccessibleProject> {
  const [project] = await ctx.sql.query<AccessibleProject>(accessStatement, [projectId, ctx.actor.userId]);
  requireProjectPermission(project, permission, "project", projectId);
  return project;
}
