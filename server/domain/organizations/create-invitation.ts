import { v7 } from "uuid";
import { z } from "zod";
import { Invitation } from "../../../db/entities/organizations.ts";
import type { Ctx } from "../../context.ts";
import { conflict } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { email, id } from "../fields.ts";
import { postLetter } from "../letters.ts";
import { insert } from "../save.ts";
import { invitationLetter } from "./invitation.letter.ts";
import { issueToken } from "./invitation.token.ts";
import { accessOrganization, requireNotAbove } from "./organization.access.ts";
import { invitationCreated } from "./organization.events.ts";
import { type InvitationView, invitationViewSchema } from "./organization.view.ts";

export const createInvitationInput = z.object({
  organizationId: id,
  email,
  role: invitationViewSchema.shape.role,
});

const knownStatement = statement(
  "invitation.known",
  `select
    exists (select from organizations.members m join auth.users u on u.id = m.user_id where m.organization_id = $1 and u.email = $2) as member,
    (select i.id from organizations.invitations i where i.organization_id = $1 and i.email = $2) as "invitationId"`,
);

/**
 * Invites an address for seven days. It is told by mail; whether it has an account shows nowhere. The token comes from
 * `invitations.link`, too.
 *
 * @throws AppError `not-found` | `access.denied` (also for a role above one's own)
 *   | `conflict` (is a member; or invited already, with `details.invitationId`)
 */
export const createInvitation = (ctx: Ctx, input: z.output<typeof createInvitationInput>): Promise<InvitationView> =>
  inTransaction(ctx, async (ctx) => {
    const { organization, callerRole } = await accessOrganization(ctx, input.organizationId, "invitation.manage");
    requireNotAbove(callerRole, input.role);
    const [known] = await ctx.sql.query<{ member: boolean; invitationId: string | null }>(knownStatement, [
      organization.id,
      input.email,
    ]);
    if (known?.member) throw conflict("This person is a member already.");
    if (known?.invitationId) {
      throw conflict("This address is invited already; resend the invitation.", { invitationId: known.invitationId });
    }

    const id = v7();
    const invitation = await insert<Invitation, InvitationView>(ctx, Invitation, {
      id,
      organizationId: organization.id,
      email: input.email,
      role: input.role,
      invitedById: ctx.actor.userId,
      ...issueToken(ctx, id),
    });
    postLetter(ctx, invitationLetter, { invitationId: id, version: invitation.version });
    return record(ctx, invitationCreated, null, invitation);
  });
