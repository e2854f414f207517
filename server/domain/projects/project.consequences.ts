import type { Ctx } from "../../context.ts";
import { denied } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { record } from "../change.ts";
import { heldRightsSql } from "../rights.ts";
import { eraseProject } from "./delete-project.ts";
import { projectRoleSql } from "./project.access.ts";
import { projectAccessEnded, projectMemberRemoved, projectMemberRenamed } from "./project.events.ts";
import { type ProjectMemberView, type ProjectView, projectColumns, projectMemberColumns } from "./project.view.ts";
import { accessGiven, peopleOf, shutOut } from "./project-access.changes.ts";

const givenToPersonStatement = statement(
  "project-member.of-person",
  `select ${projectMemberColumns} from projects.project_members pm where pm.organization_id = $1 and pm.user_id = $2`,
);

/** Who leaves an organization leaves its projects. The rows go with the member's. */
export async function leaveProjects(ctx: Ctx, { organizationId, userId }: { organizationId: string; userId: string }) {
  const [given, roles] = await Promise.all([
    accessGiven(ctx, { organizationId, userIds: [userId] }),
    ctx.sql.query<ProjectMemberView>(givenToPersonStatement, [organizationId, userId]),
  ]);
  for (const role of roles) record(ctx, projectMemberRemoved, role, null, { revokes: [userId] });
  for (const access of given) record(ctx, projectAccessEnded, access, null);
  return undefined;
}

const nameStatement = statement("project-member.person-name", "select name from auth.users where id = $1");
const ofPersonStatement = statement(
  "project-member.of-person-anywhere",
  `select ${projectMemberColumns} from projects.project_members pm where pm.user_id = $1 order by pm.id`,
);

/** A person's name shows where they have a role. Their organizations are locked. */
export async function followProfileInProjects(ctx: Ctx, { userId }: { userId: string }) {
  const [before] = await ctx.sql.query<{ name: string }>(nameStatement, [userId]);
  return async () => {
    for (const role of await ctx.sql.query<ProjectMemberView>(ofPersonStatement, [userId])) {
      record(ctx, projectMemberRenamed, { ...role, ...before }, role);
    }
  };
}

const givenToTeamStatement = statement(
  "project-member.of-team",
  `select ${projectMemberColumns} from projects.project_members pm where pm.team_id = $1`,
);

/** A team's name shows where it has a role. */
export async function followTeamRename(ctx: Ctx, { teamId, name }: { teamId: string; name: string }) {
  const roles = await ctx.sql.query<ProjectMemberView>(givenToTeamStatement, [teamId]);
  for (const role of roles) record(ctx, projectMemberRenamed, role, { ...role, name });
  return undefined;
}

const beyondStatement = statement(
  "project-member.team-beyond",
  `select from projects.project_members pm join projects.projects p on p.id = pm.project_id
  where pm.team_id = $1 and ${heldRightsSql("pm.role", "pm.role_id")} & ~coalesce(${projectRoleSql("p", "$2")}, 0) <> 0 limit 1`,
);

/** Nobody puts people, or themselves, into a team that has more in some project than they have there. */
export async function requireNotBeyondTeam(ctx: Ctx, { teamId }: { teamId: string }) {
  const beyond = await ctx.sql.query(beyondStatement, [teamId, ctx.actor.userId]);
  if (beyond.length > 0) throw denied("team.manage");
  return undefined;
}

/** A team's roles go with it, and its people with them unless they have another. */
export async function followTeamDeletion(ctx: Ctx, team: { teamId: string }) {
  const [userIds, roles] = await Promise.all([
    peopleOf(ctx, { userId: null, teamId: team.teamId }),
    ctx.sql.query<ProjectMemberView>(givenToTeamStatement, [team.teamId]),
  ]);
  return async () => {
    for (const role of roles) {
      record(ctx, projectMemberRemoved, role, null, { revokes: await shutOut(ctx, role.projectId, userIds) });
    }
  };
}

const projectsStatement = statement(
  "project.of-organization",
  `select ${projectColumns} from projects.projects p where p.organization_id = $1 order by p.id`,
);

export async function deleteProjectsOf(ctx: Ctx, { organizationId }: { organizationId: string }) {
  for (const project of await ctx.sql.query<ProjectView>(projectsStatement, [organizationId])) {
    await eraseProject(ctx, project);
  }
  return undefined;
}
