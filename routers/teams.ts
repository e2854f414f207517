import { z } from "zod";
import { pageOf } from "../server/domain/fields.ts";
import { addTeamMember, teamMemberInput } from "../server/domain/organizations/add-team-member.ts";
import { createTeam, createTeamInput } from "../server/domain/organizations/create-team.ts";
import { deleteTeam } from "../server/domain/organizations/delete-team.ts";
import {
  getTeam,
  listInOrganizationInput,
  listTeams,
  teamInput,
  teamWithMembersSchema,
} from "../server/domain/organizations/organization.queries.ts";
import { teamMemberViewSchema, teamViewSchema } from "../server/domain/organizations/organization.view.ts";
import { removeTeamMember } from "../server/domain/organizations/remove-team-member.ts";
import { updateTeam, updateTeamInput } from "../server/domain/organizations/update-team.ts";
import { mutates, procedure, rest, router } from "./trpc.ts";

const gone = z.object({ id: z.uuid() });

export const teams = router({
  create: procedure
    .meta(rest("POST /organizations/{organizationId}/teams", "Make a team", { access: "team.manage" }))
    .input(mutates(createTeamInput))
    .output(teamViewSchema)
    .mutation(({ ctx, input }) => createTeam(ctx, input)),
  get: procedure
    .meta(rest("GET /teams/{teamId}", "Read a team and who is in it", { access: "organization.read-people" }))
    .input(teamInput)
    .output(teamWithMembersSchema)
    .query(({ ctx, input }) => getTeam(ctx, input)),
  list: procedure
    .meta(
      rest("GET /organizations/{organizationId}/teams", "List an organization's teams, by name", {
        access: "organization.read-people",
      }),
    )
    .input(listInOrganizationInput)
    .output(pageOf(teamViewSchema))
    .query(({ ctx, input }) => listTeams(ctx, input)),
  update: procedure
    .meta(rest("PATCH /teams/{teamId}", "Rename a team", { access: "team.manage" }))
    .input(mutates(updateTeamInput))
    .output(teamViewSchema)
    .mutation(({ ctx, input }) => updateTeam(ctx, input)),
  delete: procedure
    .meta(
      rest("DELETE /teams/{teamId}", "Dissolve a team", {
        access: "team.manage",
        description: "Its people lose what they had through it.",
      }),
    )
    .input(mutates(teamInput))
    .output(gone)
    .mutation(({ ctx, input }) => deleteTeam(ctx, input)),
  addMember: procedure
    .meta(
      rest("PUT /teams/{teamId}/members/{userId}", "Put a member of the organization into a team", {
        access: "team.manage",
      }),
    )
    .input(mutates(teamMemberInput))
    .output(teamMemberViewSchema)
    .mutation(({ ctx, input }) => addTeamMember(ctx, input)),
  removeMember: procedure
    .meta(rest("DELETE /teams/{teamId}/members/{userId}", "Take somebody out of a team", { access: "team.manage" }))
    .input(mutates(teamMemberInput))
    .output(teamMemberInput)
    .mutation(({ ctx, input }) => removeTeamMember(ctx, input)),
});
