import { builtInRoleSql, heldRightsSql, permissionsSql } from "../rights.ts";

/**
 * What people were given in projects, by name or by team: of each person and project all of it together.
 *
 * @param where condition on organizations.members `m`, projects.projects `p`
 */
export const projectAccessSql = (where: string) => `
  select access.id, access."organizationId", access."userId", ${builtInRoleSql("access.rights")} as role, ${permissionsSql("access.rights")} as permissions
  from (
    select p.id, p.organization_id as "organizationId", m.user_id as "userId", bit_or(${heldRightsSql("given.role", "given.role_id")}) as rights
    from organizations.members m
    join projects.projects p on p.organization_id = m.organization_id
    join projects.project_members given on given.project_id = p.id
      and (given.user_id = m.user_id or given.team_id in (select tm.team_id from organizations.team_members tm where tm.user_id = m.user_id))
    where ${where}
    group by p.id, p.organization_id, m.user_id
  ) access`;
