/**
 * What people were given in projects, by name or by team: the highest role of each person and project.
 *
 * @param where condition on organizations.members `m`, projects.projects `p`
 */
export const projectAccessSql = (where: string) => `
  select p.id, p.organization_id as "organizationId", m.user_id as "userId",
    (array['viewer', 'commenter', 'editor', 'manager'])[max(case given.role when 'manager' then 4 when 'editor' then 3 when 'commenter' then 2 else 1 end)] as role
  from organizations.members m
  join projects.projects p on p.organization_id = m.organization_id
  join projects.project_members given on given.project_id = p.id
    and (given.user_id = m.user_id or given.team_id in (select tm.team_id from organizations.team_members tm where tm.user_id = m.user_id))
  where ${where}
  group by p.id, p.organization_id, m.user_id`;
