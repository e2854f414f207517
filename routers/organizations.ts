import { z } from "zod";
import { pageOf } from "../server/domain/fields.ts";
import { createOrganization, createOrganizationInput } from "../server/domain/organizations/create-organization.ts";
import { deleteOrganization, deleteOrganizationInput } from "../server/domain/organizations/delete-organization.ts";
import { leaveOrganization, leaveOrganizationInput } from "../server/domain/organizations/leave-organization.ts";
import {
  getOrganization,
  listInOrganizationInput,
  listMembers,
  listOrganizations,
  listOrganizationsInput,
  myOrganizationSchema,
  organizationInput,
} from "../server/domain/organizations/organization.queries.ts";
import { memberViewSchema, organizationViewSchema } from "../server/domain/organizations/organization.view.ts";
import { removeMember, removeMemberInput } from "../server/domain/organizations/remove-member.ts";
import { updateMemberRole, updateMemberRoleInput } from "../server/domain/organizations/update-member-role.ts";
import { updateOrganization, updateOrganizationInput } from "../server/domain/organizations/update-organization.ts";
import { mutates, procedure, rest, router } from "./trpc.ts";

const gone = z.object({ id: z.uuid() });

export const organizations = router({
  create: procedure
    .meta(rest("POST /organizations", "Found an organization", { access: "signed-in" }))
    .input(mutates(createOrganizationInput))
    .output(organizationViewSchema)
    .mutation(({ ctx, input }) => createOrganization(ctx, input)),
  get: procedure
    .meta(rest("GET /organizations/{organizationId}", "Read an organization", { access: "organization.read" }))
    .input(organizationInput)
    .output(myOrganizationSchema)
    .query(({ ctx, input }) => getOrganization(ctx, input)),
  list: procedure
    .meta(
      rest("GET /organizations", "List your organizations, by name", {
        access: "signed-in",
        scope: "organization.read",
      }),
    )
    .input(listOrganizationsInput)
    .output(pageOf(myOrganizationSchema))
    .query(({ ctx, input }) => listOrganizations(ctx, input)),
  update: procedure
    .meta(rest("PATCH /organizations/{organizationId}", "Change an organization", { access: "organization.update" }))
    .input(mutates(updateOrganizationInput))
    .output(organizationViewSchema)
    .mutation(({ ctx, input }) => updateOrganization(ctx, input)),
  delete: procedure
    .meta(
      rest("DELETE /organizations/{organizationId}", "Delete an organization for good", {
        access: "organization.delete",
        description: "Deletes its projects, teams and invitations too. `confirm` must be the organization's slug.",
      }),
    )
    .input(mutates(deleteOrganizationInput))
    .output(gone)
    .mutation(({ ctx, input }) => deleteOrganization(ctx, input)),
  leave: procedure
    .meta(
      rest("POST /organizations/{organizationId}/leave", "Leave an organization", {
        access: "organization.read",
        scope: "account",
        description: "Ends your teams, project roles and assignments there. The last owner cannot leave.",
      }),
    )
    .input(mutates(leaveOrganizationInput))
    .output(gone)
    .mutation(({ ctx, input }) => leaveOrganization(ctx, input)),
});

export const members = router({
  list: procedure
    .meta(
      rest("GET /organizations/{organizationId}/members", "List an organization's people, by name", {
        access: "organization.read-people",
      }),
    )
    .input(listInOrganizationInput)
    .output(pageOf(memberViewSchema))
    .query(({ ctx, input }) => listMembers(ctx, input)),
  updateRole: procedure
    .meta(
      rest("PATCH /organizations/{organizationId}/members/{userId}", "Give a member another role", {
        access: "member.manage",
        description: "Admins can neither make owners nor change them. The last owner stays one.",
      }),
    )
    .input(mutates(updateMemberRoleInput))
    .output(memberViewSchema)
    .mutation(({ ctx, input }) => updateMemberRole(ctx, input)),
  remove: procedure
    .meta(
      rest("DELETE /organizations/{organizationId}/members/{userId}", "Remove a member", {
        access: "member.manage",
        description: "Ends their teams, project roles and assignments in the organization.",
      }),
    )
    .input(mutates(removeMemberInput))
    .output(gone)
    .mutation(({ ctx, input }) => removeMember(ctx, input)),
});
