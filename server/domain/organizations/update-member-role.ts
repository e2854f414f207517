import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { invalid } from "../../errors.ts";
import { inTransaction } from "../../transaction.ts";
import { id, seenVersion } from "../fields.ts";
import { type OrganizationRole, organizationRoles } from "../permissions.ts";
import { requireSeen } from "../save.ts";
import { changeRole, type GivenRole } from "./change-role.ts";
import {
  accessOrganization,
  type OrganizationStanding,
  requireMember,
  requireNotAbove,
  requireNotBeyond,
  requireRole,
} from "./organization.access.ts";
import type { MemberView } from "./organization.view.ts";

export const updateMemberRoleInput = z.object({
  organizationId: id,
  userId: id,
  role: z.enum(organizationRoles).optional().describe("a built-in role; or `roleId`"),
  roleId: id.optional().describe("a role that the organization composed for its members; or `role`"),
  version: seenVersion,
});

/**
 * Gives somebody another role. Admins can neither make owners nor change them; the last owner stays one. Nobody gives
 * or takes more than they hold.
 *
 * @throws AppError `not-found` (organization, member or role) | `access.denied` | `stale` | `rule.broken` (last owner, or
 *   an owner that is a program) | `validation.failed` (not exactly one of role and roleId)
 */
export const updateMemberRole = (ctx: Ctx, input: z.output<typeof updateMemberRoleInput>): Promise<MemberView> =>
  inTransaction(ctx, async (ctx) => {
    const { organization, ...caller } = await accessOrganization(ctx, input.organizationId, "member.manage");
    const member = await requireMember(ctx, organization.id, input.userId);
    await requireMayGive(ctx, caller, organization.id, member);
    const given = await roleGiven(ctx, organization.id, input);
    await requireMayGive(ctx, caller, organization.id, given);
    requireSeen(member, input.version);
    return changeRole(ctx, member, given);
  });

/** @throws AppError `validation.failed` (not exactly one of the two) | `not-found` (role) */
export async function roleGiven(
  ctx: Ctx,
  organizationId: string,
  { role, roleId }: { role?: OrganizationRole | undefined; roleId?: string | undefined },
): Promise<GivenRole> {
  if ((role === undefined) === (roleId === undefined)) throw invalid("role", "give either role or roleId");
  if (role) return { role, roleId: null };
  const composed = await requireRole(ctx, organizationId, roleId as string);
  return { role: composed.base ?? "guest", roleId: composed.id };
}

/** @throws AppError `access.denied` */
export async function requireMayGive(ctx: Ctx, caller: OrganizationStanding, organizationId: string, given: GivenRole) {
  requireNotAbove(caller.callerRole, given.role);
  requireNotBeyond(caller, given.roleId ? await requireRole(ctx, organizationId, given.roleId) : null);
}
