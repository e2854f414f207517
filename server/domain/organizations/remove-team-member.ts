import type { z } from "zod";
import type { Ctx } from "../../context.ts";
import { notFound } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { accessChange } from "../consequences.ts";
import { findTeamMember, type teamMemberInput } from "./add-team-member.ts";
import { accessTeam } from "./organization.access.ts";
import { teamMemberRemoved } from "./organization.events.ts";

const deleteStatement = statement("team.remove-member", "delete from organizations.team_members where id = $1");

/** @throws AppError `not-found` (team, or nobody in it) | `access.denied` */
export const removeTeamMember = (ctx: Ctx, input: z.output<typeof teamMemberInput>): Promise<{ id: string }> =>
  inTransaction(ctx, async (ctx) => {
    const team = await accessTeam(ctx, input.teamId, "team.manage");
    const member = await findTeamMember(ctx, team.id, input.userId);
    if (!member) throw notFound("team member", input.userId);
    const { organizationId, userId } = member;
    return accessChange.around(ctx, { organizationId, userIds: [userId] }, async () => {
      await ctx.sql.query(deleteStatement, [member.id]);
      record(ctx, teamMemberRemoved, member, null);
      return { id: member.id };
    });
  });
