import { z } from "zod";
import { Member } from "../../../db/entities/organizations.ts";
import type { Ctx } from "../../context.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { accessChange } from "../consequences.ts";
import { id, seenVersion } from "../fields.ts";
import { organizationRoles } from "../permissions.ts";
import { requireSeen, save } from "../save.ts";
import { requireAnotherOwner } from "./member-departure.ts";
import { accessOrganization, requireMember, requireNotAbove } from "./organization.access.ts";
import { memberRoleChanged, membershipChanged } from "./organization.events.ts";
import type { MemberView } from "./organization.view.ts";

export const updateMemberRoleInput = z.object({
  organizationId: id,
  userId: id,
  role: z.enum(organizationRoles),
  version: seenVersion,
});

/**
 * Gives somebody another role. Admins can neither make owners nor change them; the last owner stays one.
 *
 * @throws AppError `not-found` (organization or member) | `access.denied` | `stale` | `rule.broken` (last owner)
 */
export const updateMemberRole = (ctx: Ctx, input: z.output<typeof updateMemberRoleInput>): Promise<MemberView> =>
  inTransaction(ctx, async (ctx) => {
    const { organization, callerRole } = await accessOrganization(ctx, input.organizationId, "member.manage");
    const member = await requireMember(ctx, organization.id, input.userId);
    requireNotAbove(callerRole, member.role);
    requireNotAbove(callerRole, input.role);
    requireSeen(member, input.version);
    if (member.role === "owner" && input.role !== "owner") await requireAnotherOwner(ctx, member);

    const scope = { organizationId: organization.id, userIds: [member.userId] };
    const updated = await accessChange.around(ctx, scope, () => save(ctx, Member, member, { role: input.role }));
    if (updated === member) return member;

    const membership = { id: organization.id, userId: member.userId, name: organization.name, slug: organization.slug };
    record(ctx, membershipChanged, { ...membership, role: member.role }, { ...membership, role: updated.role });
    // Guests do not see the organization's people, so they leave its channel.
    const revokes = updated.role === "guest" ? [member.userId] : [];
    return record(ctx, memberRoleChanged, member, updated, { revokes });
  });
