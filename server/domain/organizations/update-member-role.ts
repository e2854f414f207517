import { z } from "zod";
import { Member } from "../../../db/entities/organizations.ts";
import type { Ctx } from "../../context.ts";
import { invalid, ruleBroken } from "../../errors.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { accessChange } from "../consequences.ts";
import { id, seenVersion } from "../fields.ts";
import { type OrganizationRole, organizationRoles } from "../permissions.ts";
import { requireSeen, save } from "../save.ts";
import { requireAnotherOwner } from "./member-departure.ts";
import {
  accessOrganization,
  type OrganizationStanding,
  requireMember,
  requireNotAbove,
  requireNotBeyond,
  requireRole,
} from "./organization.access.ts";
import { memberRoleChanged, membershipChanged } from "./organization.events.ts";
import { findMembership } from "./organization.queries.ts";
import type { MembershipView, MemberView } from "./organization.view.ts";

export const updateMemberRoleInput = z.object({
  organizationId: id,
  userId: id,
  role: z.enum(organizationRoles).optional().describe("a built-in role; or `roleId`"),
  roleId: id.optional().describe("a role that the organization composed for its members; or `role`"),
  version: seenVersion,
});

type Given = Pick<MemberView, "role" | "roleId">;

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
    if (member.kind === "service" && given.role === "owner") {
      throw ruleBroken("organization.owner", "An organization is owned by people.");
    }
    if (member.role === "owner" && given.role !== "owner") await requireAnotherOwner(ctx, member);
    return giveRole(ctx, member, given);
  });

/** @throws AppError `validation.failed` (not exactly one of the two) | `not-found` (role) */
export async function roleGiven(
  ctx: Ctx,
  organizationId: string,
  { role, roleId }: { role?: OrganizationRole | undefined; roleId?: string | undefined },
): Promise<Given> {
  if ((role === undefined) === (roleId === undefined)) throw invalid("role", "give either role or roleId");
  if (role) return { role, roleId: null };
  const composed = await requireRole(ctx, organizationId, roleId as string);
  return { role: composed.base ?? "guest", roleId: composed.id };
}

/** @throws AppError `access.denied` */
export async function requireMayGive(ctx: Ctx, caller: OrganizationStanding, organizationId: string, given: Given) {
  requireNotAbove(caller.callerRole, given.role);
  requireNotBeyond(caller, given.roleId ? await requireRole(ctx, organizationId, given.roleId) : null);
}

/** Tells everybody whom it concerns of a member's other role. The organization must be locked. */
async function giveRole(ctx: Ctx, member: MemberView, given: Given): Promise<MemberView> {
  const { organizationId, userId } = member;
  const before = await findMembership(ctx, organizationId, userId);
  const scope = { organizationId, userIds: [userId] };
  const updated = await accessChange.around(ctx, scope, () => save(ctx, Member, member, given));
  if (updated === member) return member;

  record(ctx, membershipChanged, before, (await findMembership(ctx, organizationId, userId)) as MembershipView);
  // Guests do not see the organization's people, so they leave its channel.
  const revokes = updated.role === "guest" ? [userId] : [];
  return record(ctx, memberRoleChanged, member, updated, { revokes });
}
