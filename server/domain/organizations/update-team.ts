import { z } from "zod";
import { Team } from "../../../db/entities/organizations.ts";
import type { Ctx } from "../../context.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { teamRename } from "../consequences.ts";
import { id, name, seenVersion } from "../fields.ts";
import { requireSeen, save } from "../save.ts";
import { accessTeam } from "./organization.access.ts";
import { teamUpdated } from "./organization.events.ts";
import type { TeamView } from "./organization.view.ts";

export const updateTeamInput = z.object({ teamId: id, name: name(100).optional(), version: seenVersion });

/**
 * Changes the fields that are given; a new name shows wherever the team has a role.
 *
 * @throws AppError `not-found` | `access.denied` | `stale` | `conflict` (the organization has a team of this name)
 */
export const updateTeam = (ctx: Ctx, input: z.output<typeof updateTeamInput>): Promise<TeamView> =>
  inTransaction(ctx, async (ctx) => {
    const team = await accessTeam(ctx, input.teamId, "team.manage");
    requireSeen(team, input.version);
    const { name = team.name } = input;
    return teamRename.around(ctx, { teamId: team.id, name }, async () =>
      record(ctx, teamUpdated, team, await save(ctx, Team, team, { name })),
    );
  });
