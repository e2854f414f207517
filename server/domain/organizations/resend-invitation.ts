import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { id } from "../fields.ts";
import { postLetter } from "../letters.ts";
import { invitationLetter } from "./invitation.letter.ts";
import { issueToken } from "./invitation.token.ts";
import { accessInvitation, requireNotAbove } from "./organization.access.ts";
import { invitationResent } from "./organization.events.ts";
import { type InvitationView, invitationColumns } from "./organization.view.ts";

export const invitationInput = z.object({ invitationId: id });

const renewStatement = statement(
  "invitation.renew",
  `update organizations.invitations i set token_hash = $2, token_salt = $3, expires_at = $4, updated_at = $5, version = version + 1
  where i.id = $1 returning ${invitationColumns}`,
);

/**
 * Gives an invitation a new token and seven more days, and mails it; the old token no longer holds.
 *
 * @throws AppError `not-found` | `access.denied` (its role is above one's own)
 */
export const resendInvitation = (ctx: Ctx, input: z.output<typeof invitationInput>): Promise<InvitationView> =>
  inTransaction(ctx, async (ctx) => {
    const { invitation, callerRole } = await accessInvitation(ctx, input.invitationId);
    requireNotAbove(callerRole, invitation.role);
    const { tokenHash, tokenSalt, expiresAt } = issueToken(ctx, invitation.id);
    const [resent] = await ctx.sql.query<InvitationView>(renewStatement, [
      invitation.id,
      tokenHash,
      tokenSalt,
      expiresAt,
      ctx.now,
    ]);
    postLetter(ctx, invitationLetter, { invitationId: invitation.id, version: (resent as InvitationView).version });
    return record(ctx, invitationResent, invitation, resent as InvitationView);
  });
