import { z } from "zod";
import { pageOf } from "../server/domain/fields.ts";
import { acceptInvitation } from "../server/domain/organizations/accept-invitation.ts";
import { createInvitation, createInvitationInput } from "../server/domain/organizations/create-invitation.ts";
import {
  invitationLinkSchema,
  invitationPreviewSchema,
  previewInvitation,
  readInvitationLink,
  tokenInput,
} from "../server/domain/organizations/invitation.queries.ts";
import { listInOrganizationInput, listInvitations } from "../server/domain/organizations/organization.queries.ts";
import { invitationViewSchema, membershipViewSchema } from "../server/domain/organizations/organization.view.ts";
import { invitationInput, resendInvitation } from "../server/domain/organizations/resend-invitation.ts";
import { withdrawInvitation } from "../server/domain/organizations/withdraw-invitation.ts";
import { mutates, procedure, rest, router } from "./trpc.ts";

export const invitations = router({
  create: procedure
    .meta(
      rest("POST /organizations/{organizationId}/invitations", "Invite an address for seven days", {
        access: "invitation.manage",
        description: "Read the token for the invitation's link with `invitations.link`.",
      }),
    )
    .input(mutates(createInvitationInput))
    .output(invitationViewSchema)
    .mutation(({ ctx, input }) => createInvitation(ctx, input)),
  list: procedure
    .meta(
      rest("GET /organizations/{organizationId}/invitations", "List open invitations, by address", {
        access: "invitation.manage",
      }),
    )
    .input(listInOrganizationInput)
    .output(pageOf(invitationViewSchema))
    .query(({ ctx, input }) => listInvitations(ctx, input)),
  link: procedure
    .meta(
      rest("GET /invitations/{invitationId}/link", "Read the token of an invitation's link", {
        access: "invitation.manage",
      }),
    )
    .input(invitationInput.strict())
    .output(invitationLinkSchema)
    .query(({ ctx, input }) => readInvitationLink(ctx, input)),
  resend: procedure
    .meta(
      rest("POST /invitations/{invitationId}/resend", "Renew an invitation", {
        access: "invitation.manage",
        description: "A new token for seven more days; the old one no longer holds.",
      }),
    )
    .input(mutates(invitationInput))
    .output(invitationViewSchema)
    .mutation(({ ctx, input }) => resendInvitation(ctx, input)),
  withdraw: procedure
    .meta(rest("DELETE /invitations/{invitationId}", "Take an invitation back", { access: "invitation.manage" }))
    .input(mutates(invitationInput))
    .output(z.object({ id: z.uuid() }))
    .mutation(({ ctx, input }) => withdrawInvitation(ctx, input)),
  preview: procedure
    .meta(
      rest("GET /invitations/preview", "Read the invitation that a token belongs to", {
        access: "signed-in",
      }),
    )
    .input(tokenInput.strict())
    .output(invitationPreviewSchema)
    .query(({ ctx, input }) => previewInvitation(ctx, input)),
  accept: procedure
    .meta(
      rest("POST /invitations/accept", "Accept an invitation", {
        access: "signed-in",
        description: "Works once, and only for an account with the invited address.",
      }),
    )
    .input(mutates(tokenInput))
    .output(membershipViewSchema)
    .mutation(({ ctx, input }) => acceptInvitation(ctx, input)),
});
