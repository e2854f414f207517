import type { Ctx, PublicCtx } from "../../context.ts";
import { ruleBroken } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { record } from "../change.ts";
import { memberDeparture } from "../consequences.ts";
import { memberRemoved, membershipEnded, teamMemberRemoved } from "./organization.events.ts";
import { findMembership } from "./organization.queries.ts";
import { type MemberView, type TeamMemberView, teamMemberColumns } from "./organization.view.ts";

/** A program's account ends as a whole, by `deleteServiceAccount`. @throws AppError `rule.broken` */
export function requirePerson({ kind }: MemberView): void {
  if (kind === "service") throw ruleBroken("service-account.member", "Delete the service account instead.");
}

const otherOwnerStatement = statement(
  "organization.other-owner",
  `select from organizations.members where organization_id = $1 and user_id <> $2 and role = 'owner' limit 1`,
);

/** The organization must be locked: of two owners who leave at once, the second finds itself the last. */
export async function requireAnotherOwner(ctx: PublicCtx, member: MemberView): Promise<void> {
  const others = await ctx.sql.query(otherOwnerStatement, [member.organizationId, member.userId]);
  if (others.length === 0) {
    throw ruleBroken(
      "organization.last-owner",
      "An organization keeps at least one owner; make somebody else one first.",
    );
  }
}

/** Whoever gives the person something new meanwhile waits here, and then finds them gone. */
const lockMemberStatement = statement(
  "member.lock",
  "select from organizations.members where organization_id = $1 and user_id = $2 for update",
);
const teamsOfMemberStatement = statement(
  "member.teams",
  `select ${teamMemberColumns} from organizations.team_members tm where tm.organization_id = $1 and tm.user_id = $2`,
);
const deleteMemberStatement = statement(
  "member.delete",
  "delete from organizations.members where organization_id = $1 and user_id = $2",
);

/** Takes somebody out of an organization and of everything in it: teams, projects, tasks. The organization must be locked. */
export async function endMembership(ctx: Ctx, member: MemberView): Promise<void> {
  if (member.role === "owner") await requireAnotherOwner(ctx, member);
  const { organizationId, userId } = member;
  await ctx.sql.query(lockMemberStatement, [organizationId, userId]);
  await memberDeparture.around(ctx, { organizationId, userId }, async () => {
    const [membership, teamMembers] = await Promise.all([
      findMembership(ctx, organizationId, userId),
      ctx.sql.query<TeamMemberView>(teamsOfMemberStatement, [organizationId, userId]),
      ctx.sql.query(deleteMemberStatement, [organizationId, userId]),
    ]);
    for (const teamMember of teamMembers) record(ctx, teamMemberRemoved, teamMember, null);
    record(ctx, memberRemoved, member, null, { revokes: [userId] });
    record(ctx, membershipEnded, membership, null);
  });
}
