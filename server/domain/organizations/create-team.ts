import { z } from "zod";
import { Team } from "../../../db/entities/organizations.ts";
import type { Ctx } from "../../context.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { id, name } from "../fields.ts";
import { insert } from "../save.ts";
import { accessOrganization } from "./organization.access.ts";
import { teamCreated } from "./organization.events.ts";
import type { TeamView } from "./organization.view.ts";

export const createTeamInput = z.object({ organizationId: id, name: name(100) });

/** @throws AppError `not-found` | `access.denied` | `conflict` (the organization has a team of this name) */
export const createTeam = (ctx: Ctx, input: z.output<typeof createTeamInput>): Promise<TeamView> =>
  inTransaction(ctx, async (ctx) => {
    const { organization } = await accessOrganization(ctx, input.organizationId, "team.manage");
    const team = await insert<Team, TeamView>(ctx, Team, { organizationId: organization.id, name: input.name });
    return record(ctx, teamCreated, null, team);
  });
