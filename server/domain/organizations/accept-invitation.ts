import type { z } from "zod";
import { Member } from "../../../db/entities/organizations.ts";
import type { Ctx } from "../../context.ts";
import { AppError, conflict, ruleBroken } from "../../errors.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { insert } from "../save.ts";
import { accessPresentedInvitation, type tokenInput } from "./invitation.queries.ts";
import { findMember, requireMember } from "./organization.access.ts";
import { invitationAccepted, memberJoined, membershipBegan } from "./organization.events.ts";
import { findMembership } from "./organization.queries.ts";
import type { MembershipView } from "./organization.view.ts";
import { deleteInvitation } from "./withdraw-invitation.ts";

/**
 * Makes the caller a member; a token works once, and only for the address it was made for.
 *
 * @throws AppError `not-found` (unknown, used, withdrawn or resent) | `access.denied` (another address)
 *   | `rule.broken` (expired) | `conflict` (a member already)
 */
export const acceptInvitation = (ctx: Ctx, input: z.output<typeof tokenInput>): Promise<MembershipView> =>
  inTransaction(ctx, async (ctx) => {
    const { myEmail, ...invitation } = await accessPresentedInvitation(ctx, input.token);
    const { organizationId, role } = invitation;
    const { userId } = ctx.actor;
    if (myEmail !== invitation.email) {
      throw new AppError("access.denied", "This invitation is for another e-mail address.");
    }
    if (invitation.expiresAt <= ctx.now.toISOString()) {
      throw ruleBroken("invitation.expired", "This invitation has expired; ask for a new one.");
    }
    if (await findMember(ctx, organizationId, userId)) throw conflict("You are a member already.");

    await insert(ctx, Member, { organizationId, userId, role });
    await deleteInvitation(ctx, invitation.id);
    record(ctx, invitationAccepted, invitation, null);
    record(ctx, memberJoined, null, await requireMember(ctx, organizationId, userId));
    const membership = await findMembership(ctx, organizationId, userId);
    return record(ctx, membershipBegan, null, membership as MembershipView);
  });
