import type { Ctx } from "../../context.ts";
import { denied, notFound, ruleBroken } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { grantedWhenArchived, type ProjectPermission, type ProjectRole } from "../permissions.ts";
import { builtInRole, composedRightsSql, heldRightsSql, rightsCover, rightsGrant, roleRights } from "../rights.ts";
import {
  type LabelView,
  labelColumns,
  type ProjectMemberView,
  type ProjectView,
  projectColumns,
  projectMemberColumns,
  type StatusView,
  statusColumns,
} from "./project.view.ts";

/**
 * Somebody's rights in a project as a number (`server/domain/rights.ts`), 0 for none: what they or their teams were
 * given; what their composed role in the organization grants; those of managers for owners and admins of the
 * organization; those of editors for its members where the project is open to it. Above 0 they may read all of it.
 *
 * @param project alias of a row of projects.projects
 * @param user an expression for the person's id; the aliases `holder`, `holder_team`, `held` and `held_any` would mean this fragment's own
 */
export const projectRoleSql = (project: string, user: string) => `
  (select case
      when holder.role in ('owner', 'admin') then ${roleRights.manager}::bigint
      else case when ${project}.visibility = 'organization' and holder.role = 'member' then ${roleRights.editor}::bigint else 0 end
        | ${composedRightsSql("holder.role_id")}
        | (select coalesce(bit_or(held_any.rights), 0) from (
            select ${heldRightsSql("held.role", "held.role_id")} as rights from projects.project_members held
            where held.project_id = ${project}.id and held.user_id = holder.user_id
            union all
            select ${heldRightsSql("held.role", "held.role_id")} from organizations.team_members holder_team
            join projects.project_members held on held.project_id = ${project}.id and held.team_id = holder_team.team_id
            where holder_team.user_id = holder.user_id) held_any)
    end
    from organizations.members holder
    where holder.organization_id = ${project}.organization_id and holder.user_id = ${user})`;

/** The highest built-in role that the rights of `projectRoleSql` amount to; null for none. */
export const projectRoleOf = (rights: number | null): ProjectRole | null => builtInRole(rights);

/** What doors tell of a project besides the entity asked for. */
export interface ProjectStanding {
  /** Rights, as `projectRoleSql` tells them. */
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
  if (!standing?.roleRank) throw notFound(entity, id);
  if (!rightsGrant(standing.roleRank, permission)) throw denied(permission);
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

/** Ahead of a read, in the same round trip: what a statement that had to wait for a lock reads of other tables is old. */
const locks = {
  /** Roles in projects are decided under their organization's lock, like all that decides who may do what. */
  organizationOfProject: statement(
    "project.lock-organization",
    `select from organizations.organizations
    where id = (select organization_id from projects.projects where id = $1) for no key update`,
  ),
  organizationOfProjectMember: statement(
    "project-member.lock-organization",
    `select from organizations.organizations
    where id = (select organization_id from projects.project_members where id = $1) for no key update`,
  ),
  /** Its words and state, its statuses' order and its labels. */
  project: statement("project.lock", "select from projects.projects where id = $1 for no key update"),
  projectOfStatus: statement(
    "project.lock-of-status",
    `select from projects.projects where id = (select project_id from projects.statuses where id = $1) for no key update`,
  ),
  projectOfLabel: statement(
    "project.lock-of-label",
    `select from projects.projects where id = (select project_id from projects.labels where id = $1) for no key update`,
  ),
};

/** Inside a transaction; outside there is nothing to guard. */
async function lock(ctx: Ctx, what: keyof typeof locks, id: string): Promise<void> {
  if (ctx.transaction) await ctx.sql.query(locks[what], [id]);
}

/** What a door reads besides its entity, of projects.projects `p`; `$2` is the caller. */
export const standingSql = `p.archived_at as "projectArchivedAt", ${projectRoleSql("p", "$2")} as "roleRank"`;

const reads = {
  project: statement(
    "project.access-whole",
    `select ${projectColumns}, ${standingSql} from projects.projects p where p.id = $1`,
  ),
  projectMember: statement(
    "project-member.access",
    `select ${projectMemberColumns}, ${standingSql} from projects.project_members pm join projects.projects p on p.id = pm.project_id where pm.id = $1`,
  ),
  status: statement(
    "status.access",
    `select ${statusColumns}, ${standingSql} from projects.statuses s join projects.projects p on p.id = s.project_id where s.id = $1`,
  ),
  label: statement(
    "label.access",
    `select ${labelColumns}, ${standingSql} from projects.labels l join projects.projects p on p.id = l.project_id where l.id = $1`,
  ),
};

async function read<V>(ctx: Ctx, entity: keyof typeof reads, id: string): Promise<(V & ProjectStanding) | undefined> {
  const [row] = await ctx.sql.query<V & ProjectStanding>(reads[entity], [id, ctx.actor.userId]);
  return row;
}

/** A view without what the door read besides, for those whose role allows it. */
export function passDoor<V>(
  row: (V & ProjectStanding) | undefined,
  permission: ProjectPermission,
  entity: string,
  id: string,
): Omit<V, keyof ProjectStanding> {
  requireProjectPermission(row, permission, entity, id);
  const { projectArchivedAt: _, roleRank: __, ...view } = row;
  return view;
}

/**
 * The door to a project whose view is needed. Inside a transaction it is locked.
 *
 * @param inOrganization what its organization decides is about to change, such as roles and keys: locks that, too
 */
export async function accessWholeProject(
  ctx: Ctx,
  projectId: string,
  permission: ProjectPermission,
  { inOrganization = false } = {},
): Promise<{ project: ProjectView; rights: number }> {
  const [, , row] = await Promise.all([
    inOrganization ? lock(ctx, "organizationOfProject", projectId) : null,
    lock(ctx, "project", projectId),
    read<ProjectView>(ctx, "project", projectId),
  ]);
  const project = passDoor(row, permission, "project", projectId);
  return { project, rights: row?.roleRank ?? 0 };
}

/** The only way to a role in a project by its id. Inside a transaction its organization is locked. */
export async function accessProjectMember(
  ctx: Ctx,
  projectMemberId: string,
  permission: ProjectPermission,
): Promise<{ member: ProjectMemberView; rights: number }> {
  const [, row] = await Promise.all([
    lock(ctx, "organizationOfProjectMember", projectMemberId),
    read<ProjectMemberView>(ctx, "projectMember", projectMemberId),
  ]);
  return { member: passDoor(row, permission, "project member", projectMemberId), rights: row?.roleRank ?? 0 };
}

const composedStatement = statement(
  "project.composed-rights",
  `select ${composedRightsSql("r.id")} as rights from organizations.roles r
  where r.id = $1 and r.organization_id = $2 and r.level = 'project'`,
);

/**
 * Nobody gives, changes or takes away a role in a project that holds more than they do themselves.
 *
 * @param rights the caller's own
 * @throws AppError `not-found` (no composed role of the organization for projects) | `access.denied`
 */
export async function requireNotBeyond(
  ctx: Ctx,
  rights: number,
  organizationId: string,
  given: { role: ProjectRole; roleId: string | null },
): Promise<void> {
  if (!given.roleId) {
    if (!rightsCover(rights, roleRights[given.role])) throw denied("project.manage-members");
    return;
  }
  const [composed] = await ctx.sql.query<{ rights: number }>(composedStatement, [given.roleId, organizationId]);
  if (!composed) throw notFound("role", given.roleId);
  if (!rightsCover(rights, composed.rights)) throw denied("project.manage-members");
}

/** The only way to a status by id. Inside a transaction its project is locked. */
export async function accessStatus(ctx: Ctx, statusId: string, permission: ProjectPermission): Promise<StatusView> {
  const [, row] = await Promise.all([
    lock(ctx, "projectOfStatus", statusId),
    read<StatusView>(ctx, "status", statusId),
  ]);
  return passDoor(row, permission, "status", statusId);
}

/** The only way to a label by id. Inside a transaction its project is locked. */
export async function accessLabel(ctx: Ctx, labelId: string, permission: ProjectPermission): Promise<LabelView> {
  const [, row] = await Promise.all([lock(ctx, "projectOfLabel", labelId), read<LabelView>(ctx, "label", labelId)]);
  return passDoor(row, permission, "label", labelId);
}
