import { z } from "zod";
import { TeamMember } from "../../../db/entities/organizations.ts";
import type { Ctx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { accessChange, teamEntry } from "../consequences.ts";
import { id } from "../fields.ts";
import { accessTeam, requireMember } from "./organization.access.ts";
import { teamMemberAdded } from "./organization.events.ts";
import { type TeamMemberView, teamMemberColumns } from "./organization.view.ts";

export const teamMemberInput = z.object({ teamId: id, userId: id });

const findStatement = statement(
  "team.member",
  `select ${teamMemberColumns} from organizations.team_members tm where tm.team_id = $1 and tm.user_id = $2`,
);

/** Somebody in a team that a door was passed to; null when they are not in it. */
export async function findTeamMember(ctx: Ctx, teamId: string, userId: string): Promise<TeamMemberView | null> {
  const [found] = await ctx.sql.query<TeamMemberView>(findStatement, [teamId, userId]);
  return found ?? null;
}

/**
 * Puts somebody of the organization, also a guest, into a team. Who is in it already stays.
 *
 * @throws AppError `not-found` (team, or no member of the organization) | `access.denied` (also where the team has more than
 *   oneself)
 */
export const addTeamMember = (ctx: Ctx, input: z.output<typeof teamMemberInput>): Promise<TeamMemberView> =>
  inTransaction(ctx, async (ctx) => {
    const { id: teamId, organizationId } = await accessTeam(ctx, input.teamId, "team.manage");
    const { userId } = await requireMember(ctx, organizationId, input.userId);
    const present = await findTeamMember(ctx, teamId, userId);
    if (present) return present;

    const enter = async () => {
      const added = ctx.em.create(TeamMember, { organizationId, teamId, userId, createdAt: ctx.now });
      await ctx.em.flush();
      const createdAt = ctx.now.toISOString();
      return record(ctx, teamMemberAdded, null, { id: added.id, organizationId, teamId, userId, createdAt });
    };
    return teamEntry.around(ctx, { teamId }, () =>
      accessChange.around(ctx, { organizationId, userIds: [userId] }, enter),
    );
  });
