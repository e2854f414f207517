import type { z } from "zod";
import type { Ctx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { accessChange } from "../consequences.ts";
import { findTeamMember, type teamMemberInput } from "./add-team-member.ts";
import { accessTeam } from "./organization.access.ts";
import { teamMemberRemoved } from "./organization.events.ts";

const deleteStatement = statement("team.remove-member", "delete from organizations.team_members where id = $1");

/**
 * Takes somebody out of a team. Who is not in it stays out.
 *
 * @throws AppError `not-found` (team) | `access.denied`
 */
export const removeTeamMember = (
  ctx: Ctx,
  input: z.output<typeof teamMemberInput>,
): Promise<z.output<typeof teamMemberInput>> =>
  inTransaction(ctx, async (ctx) => {
    const team = await accessTeam(ctx, input.teamId, "team.manage");
    const member = await findTeamMember(ctx, team.id, input.userId);
    const seat = { teamId: team.id, userId: input.userId };
    if (!member) return seat;
    const { organizationId, userId } = member;
    await accessChange.around(ctx, { organizationId, userIds: [userId] }, () =>
      ctx.sql.query(deleteStatement, [member.id]),
    );
    record(ctx, teamMemberRemoved, member, null);
    return seat;
  });
