import { z } from "zod";
import { ProjectMember } from "../../../db/entities/projects.ts";
import type { Ctx } from "../../context.ts";
import { conflict, invalid, notFound } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { accessChange } from "../consequences.ts";
import { id } from "../fields.ts";
import { requireMember } from "../organizations/organization.access.ts";
import { type ProjectRole, projectRoles } from "../permissions.ts";
import { insert } from "../save.ts";
import { accessWholeProject, requireNotBeyond } from "./project.access.ts";
import { projectMemberAdded } from "./project.events.ts";
import type { ProjectMemberView } from "./project.view.ts";
import { peopleOf } from "./project-access.changes.ts";

/** A built-in role, or a composed one. */
export const givenRole = {
  role: z.enum(projectRoles).optional().describe("a built-in role; or `roleId`"),
  roleId: id.optional().describe("a role that the organization composed for projects; or `role`"),
};

/** @throws AppError `validation.failed` (not exactly one of the two) */
export function roleGiven({ role, roleId }: { role?: ProjectRole | undefined; roleId?: string | undefined }) {
  if ((role === undefined) === (roleId === undefined)) throw invalid("role", "give either role or roleId");
  return { role: role ?? ("viewer" as const), roleId: roleId ?? null };
}

export const addProjectMemberInput = z.object({
  projectId: id,
  userId: id.optional().describe("a person of the organization; or `teamId`"),
  teamId: id.optional().describe("a team of the organization; or `userId`"),
  ...givenRole,
});

const knownStatement = statement(
  "project-member.known",
  "select from projects.project_members where project_id = $1 and (user_id = $2 or team_id = $3)",
);

/**
 * Gives a person or a team a role in a project.
 *
 * @throws AppError `not-found` (project, role, or nobody of the organization)
 *   | `access.denied` (also for more than one holds oneself)
 *   | `validation.failed` (not exactly one of person and team) | `conflict` (has a role already; change that one)
 */
export const addProjectMember = (ctx: Ctx, input: z.output<typeof addProjectMemberInput>): Promise<ProjectMemberView> =>
  inTransaction(ctx, async (ctx) => {
    const { userId = null, teamId = null } = input;
    const { project, rights } = await accessWholeProject(ctx, input.projectId, "project.manage-members", {
      inOrganization: true,
    });
    const { id: projectId, organizationId } = project;
    if ((userId === null) === (teamId === null)) throw invalid("userId", "give either userId or teamId");
    const given = roleGiven(input);
    await requireNotBeyond(ctx, rights, organizationId, given);
    const name = userId
      ? (await requireMember(ctx, organizationId, userId)).name
      : await requireTeam(ctx, organizationId, teamId as string);
    const known = await ctx.sql.query(knownStatement, [projectId, userId, teamId]);
    if (known.length > 0) throw conflict("They have a role in this project already.");

    const userIds = await peopleOf(ctx, { userId, teamId });
    const added = await accessChange.around(ctx, { organizationId, projectId, userIds }, () =>
      insert<ProjectMember, Omit<ProjectMemberView, "name">>(ctx, ProjectMember, {
        organizationId,
        projectId,
        userId,
        teamId,
        ...given,
      }),
    );
    return record(ctx, projectMemberAdded, null, { ...added, name });
  });

const teamStatement = statement(
  "project-member.team",
  "select name from organizations.teams where id = $1 and organization_id = $2",
);

async function requireTeam(ctx: Ctx, organizationId: string, teamId: string): Promise<string> {
  const [team] = await ctx.sql.query<{ name: string }>(teamStatement, [teamId, organizationId]);
  if (!team) throw notFound("team", teamId);
  return team.name;
}
