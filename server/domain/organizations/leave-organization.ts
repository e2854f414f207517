import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { inTransaction } from "../../transaction.ts";
import { id } from "../fields.ts";
import { endMembership, requirePerson } from "./member-departure.ts";
import { accessOrganization, requireMember } from "./organization.access.ts";

export const leaveOrganizationInput = z.object({ organizationId: id });

/**
 * Takes the caller out of an organization, as `removeMember` does.
 *
 * @throws AppError `not-found` | `rule.broken` (last owner, or a program)
 */
export const leaveOrganization = (ctx: Ctx, input: z.output<typeof leaveOrganizationInput>): Promise<{ id: string }> =>
  inTransaction(ctx, async (ctx) => {
    const { organization } = await accessOrganization(ctx, input.organizationId, "organization.read");
    const member = await requireMember(ctx, organization.id, ctx.actor.userId);
    requirePerson(member);
    await endMembership(ctx, member);
    return { id: member.id };
  });
