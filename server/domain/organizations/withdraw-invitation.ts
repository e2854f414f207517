import type { z } from "zod";
import type { Ctx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { accessInvitation } from "./organization.access.ts";
import { invitationWithdrawn } from "./organization.events.ts";
import type { invitationInput } from "./resend-invitation.ts";

const deleteStatement = statement("invitation.delete", "delete from organizations.invitations where id = $1");

/** Removes an invitation that is over, one way or the other. */
export const deleteInvitation = (ctx: Ctx, invitationId: string) => ctx.sql.query(deleteStatement, [invitationId]);

/**
 * Takes an invitation back; its token no longer holds.
 *
 * @throws AppError `not-found`
 */
export const withdrawInvitation = (ctx: Ctx, input: z.output<typeof invitationInput>): Promise<{ id: string }> =>
  inTransaction(ctx, async (ctx) => {
    const { invitation } = await accessInvitation(ctx, input.invitationId);
    await deleteInvitation(ctx, invitation.id);
    record(ctx, invitationWithdrawn, invitation, null);
    return { id: invitation.id };
  });
