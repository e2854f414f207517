import type { z } from "zod";
import type { Ctx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { accessChange, teamDeletion } from "../consequences.ts";
import { accessTeam } from "./organization.access.ts";
import { teamDeleted, teamMemberRemoved } from "./organization.events.ts";
import { type teamInput, teamPeople } from "./organization.queries.ts";

const deleteStatement = statement("team.delete", "delete from organizations.teams where id = $1");

/**
 * Dissolves a team; its people lose what they had through it.
 *
 * @throws AppError `not-found` | `access.denied`
 */
export const deleteTeam = (ctx: Ctx, input: z.output<typeof teamInput>): Promise<{ id: string }> =>
  inTransaction(ctx, async (ctx) => {
    const team = await accessTeam(ctx, input.teamId, "team.manage");
    const { id: teamId, organizationId } = team;
    const people = await teamPeople(ctx, teamId);
    const scope = { organizationId, userIds: people.map(({ userId }) => userId) };
    await teamDeletion.around(ctx, { teamId }, () =>
      accessChange.around(ctx, scope, () => ctx.sql.query(deleteStatement, [teamId])),
    );
    for (const member of people) record(ctx, teamMemberRemoved, member, null);
    record(ctx, teamDeleted, team, null);
    return { id: teamId };
  });
