import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { inTransaction } from "../../transaction.ts";
import { id } from "../fields.ts";
import { endMembership, requirePerson } from "./member-departure.ts";
import {
  accessOrganization,
  requireMember,
  requireNotAbove,
  requireNotBeyond,
  requireRole,
} from "./organization.access.ts";

export const removeMemberInput = z.object({ organizationId: id, userId: id });

/**
 * Takes somebody out of an organization, and so out of its teams, its projects and the tasks they were assigned to.
 *
 * @throws AppError `not-found` (organization or member) | `access.denied` (also for admins who would remove an owner)
 *   | `rule.broken` (last owner; a program, whose account is to be deleted)
 */
export const removeMember = (ctx: Ctx, input: z.output<typeof removeMemberInput>): Promise<{ id: string }> =>
  inTransaction(ctx, async (ctx) => {
    const { organization, ...caller } = await accessOrganization(ctx, input.organizationId, "member.manage");
    const member = await requireMember(ctx, organization.id, input.userId);
    requireNotAbove(caller.callerRole, member.role);
    requireNotBeyond(caller, member.roleId ? await requireRole(ctx, organization.id, member.roleId) : null);
    requirePerson(member);
    await endMembership(ctx, member);
    return { id: member.id };
  });
