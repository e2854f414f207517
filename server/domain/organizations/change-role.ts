import { Member } from "../../../db/entities/organizations.ts";
import type { PublicCtx } from "../../context.ts";
import { ruleBroken } from "../../errors.ts";
import { record } from "../change.ts";
import { accessChange } from "../consequences.ts";
import { save } from "../save.ts";
import { requireAnotherOwner } from "./member-departure.ts";
import { memberRoleChanged, membershipChanged } from "./organization.events.ts";
import { findMembership } from "./organization.queries.ts";
import type { MembershipView, MemberView } from "./organization.view.ts";

export type GivenRole = Pick<MemberView, "role" | "roleId">;

/**
 * Makes a member something else, and tells everybody whom it concerns. The organization must be locked, and whoever acts
 * must be allowed to.
 *
 * @throws AppError `rule.broken` (last owner, or an owner that is a program)
 */
export async function changeRole(ctx: PublicCtx, member: MemberView, given: GivenRole): Promise<MemberView> {
  if (member.kind === "service" && given.role === "owner") {
    throw ruleBroken("organization.owner", "An organization is owned by people.");
  }
  if (member.role === "owner" && given.role !== "owner") await requireAnotherOwner(ctx, member);
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
