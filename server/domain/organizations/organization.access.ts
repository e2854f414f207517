import type { Ctx, PublicCtx } from "../../context.ts";
import { denied, notFound } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import {
  type OrganizationPermission,
  type OrganizationRole,
  organizationGrants,
  organizationRoles,
} from "../permissions.ts";
import { organizationRolePermissions } from "../rights.ts";
import {
  type InvitationView,
  invitationColumns,
  type MemberView,
  memberColumns,
  type OrganizationView,
  organizationColumns,
  type RoleView,
  roleColumns,
  type TeamView,
  teamColumns,
} from "./organization.view.ts";

/** Refuses who has no role, or too low a one. @param extras what a composed role adds to the built-in one */
export function requireOrganizationPermission(
  role: OrganizationRole | null | undefined,
  permission: OrganizationPermission,
  entity: string,
  id: string,
  extras: readonly string[] | null = null,
): asserts role is OrganizationRole {
  if (!role) throw notFound(entity, id);
  if (!organizationGrants(role, permission) && !extras?.includes(permission)) throw denied(permission);
}

/** What somebody is in an organization. */
export interface OrganizationStanding {
  callerRole: OrganizationRole;
  /** What a composed role adds to it. */
  callerExtras: string[] | null;
}

/** Nobody gives a role above their own, nor changes anything about somebody who is above them. */
export function requireNotAbove(callerRole: OrganizationRole, role: OrganizationRole): void {
  if (organizationRoles.indexOf(role) > organizationRoles.indexOf(callerRole)) throw denied("member.manage");
}

/** The same for composed roles: who holds one gives no more than that. */
export function requireNotBeyond({ callerRole, callerExtras }: OrganizationStanding, role: RoleView | null): void {
  if (!role) return;
  const held = [...organizationRolePermissions(callerRole), ...(callerExtras ?? [])];
  if (!role.permissions.every((permission) => held.includes(permission))) throw denied("member.manage");
}

/*
 * Whatever decides who may do what in an organization (members, teams, and roles in projects) is written under the lock
 * of the organization's row: one such change at a time, so that each sees what the one before it left. The lock is a
 * statement of its own, ahead of the read in the same round trip: what a statement that had to wait for a lock reads of
 * other tables is old.
 */
const locks = {
  organization: statement(
    "organization.lock",
    "select from organizations.organizations where id = $1 for no key update",
  ),
  team: statement(
    "organization.lock-of-team",
    `select from organizations.organizations
    where id = (select organization_id from organizations.teams where id = $1) for no key update`,
  ),
  role: statement(
    "organization.lock-of-role",
    `select from organizations.organizations
    where id = (select organization_id from organizations.roles where id = $1) for no key update`,
  ),
  serviceAccount: statement(
    "organization.lock-of-service-account",
    `select from organizations.organizations
    where id = (select organization_id from organizations.service_accounts where id = $1) for no key update`,
  ),
  invitation: statement(
    "organization.lock-of-invitation",
    `select from organizations.organizations
    where id = (select organization_id from organizations.invitations where id = $1) for no key update`,
  ),
};

/** Inside a transaction; outside there is nothing to guard. */
export async function lockOrganization(ctx: PublicCtx, of: keyof typeof locks, id: string): Promise<void> {
  if (ctx.transaction) await ctx.sql.query(locks[of], [id]);
}

/** What a composed role adds to a member's built-in one; null without such a role. */
export const extrasSql = (organizationId: string, userId: string) =>
  `(select extra.permissions from organizations.members c join organizations.roles extra on extra.id = c.role_id
    where c.organization_id = ${organizationId} and c.user_id = ${userId})`;

/** What the caller, `$2`, is in an organization. */
const callerRoleSql = (organizationId: string) =>
  `(select c.role from organizations.members c where c.organization_id = ${organizationId} and c.user_id = $2) as "callerRole",
  ${extrasSql(organizationId, "$2")} as "callerExtras"`;

type WithRole<V> = V & { [K in keyof OrganizationStanding]: OrganizationStanding[K] | null };

const organizationStatement = statement(
  "organization.access",
  `select ${organizationColumns}, ${callerRoleSql("o.id")} from organizations.organizations o where o.id = $1`,
);

/** The only way to an organization by id. Inside a transaction it is locked. */
export async function accessOrganization(
  ctx: Ctx,
  organizationId: string,
  permission: OrganizationPermission,
): Promise<{ organization: OrganizationView } & OrganizationStanding> {
  const [, [row]] = await Promise.all([
    lockOrganization(ctx, "organization", organizationId),
    ctx.sql.query<WithRole<OrganizationView>>(organizationStatement, [organizationId, ctx.actor.userId]),
  ]);
  requireOrganizationPermission(row?.callerRole, permission, "organization", organizationId, row?.callerExtras);
  const { callerRole, callerExtras, ...organization } = row as OrganizationView & OrganizationStanding;
  return { organization, callerRole, callerExtras };
}

const teamStatement = statement(
  "team.access",
  `select ${teamColumns}, ${callerRoleSql("t.organization_id")} from organizations.teams t where t.id = $1`,
);

/** The only way to a team by id. Inside a transaction its organization is locked. */
export async function accessTeam(ctx: Ctx, teamId: string, permission: OrganizationPermission): Promise<TeamView> {
  const [, [row]] = await Promise.all([
    lockOrganization(ctx, "team", teamId),
    ctx.sql.query<WithRole<TeamView>>(teamStatement, [teamId, ctx.actor.userId]),
  ]);
  // Who may not see teams cannot tell a hidden one from a missing one.
  if (row?.callerRole === "guest") throw notFound("team", teamId);
  requireOrganizationPermission(row?.callerRole, permission, "team", teamId, row?.callerExtras);
  const { callerRole: _, callerExtras: __, ...team } = row as WithRole<TeamView>;
  return team;
}

const invitationStatement = statement(
  "invitation.access",
  `select ${invitationColumns}, ${callerRoleSql("i.organization_id")} from organizations.invitations i where i.id = $1`,
);

/** The only way to an invitation by id, for those who manage them. Inside a transaction its organization is locked. */
export async function accessInvitation(
  ctx: Ctx,
  invitationId: string,
): Promise<{ invitation: InvitationView } & OrganizationStanding> {
  const [, [row]] = await Promise.all([
    lockOrganization(ctx, "invitation", invitationId),
    ctx.sql.query<WithRole<InvitationView>>(invitationStatement, [invitationId, ctx.actor.userId]),
  ]);
  const { callerRole, callerExtras, ...invitation } = row ?? ({} as Partial<WithRole<InvitationView>>);
  const manages = callerRole && organizationGrants(callerRole, "invitation.manage");
  if (!callerRole || !(manages || callerExtras?.includes("invitation.manage"))) {
    throw notFound("invitation", invitationId);
  }
  return { invitation: invitation as InvitationView, callerRole, callerExtras: callerExtras ?? null };
}

const roleStatement = statement(
  "role.access",
  `select ${roleColumns}, ${callerRoleSql("r.organization_id")} from organizations.roles r where r.id = $1`,
);

/** The only way to a composed role by id. Inside a transaction its organization is locked. */
export async function accessRole(ctx: Ctx, roleId: string, permission: OrganizationPermission): Promise<RoleView> {
  const [, [row]] = await Promise.all([
    lockOrganization(ctx, "role", roleId),
    ctx.sql.query<WithRole<RoleView>>(roleStatement, [roleId, ctx.actor.userId]),
  ]);
  if (row?.callerRole === "guest") throw notFound("role", roleId);
  requireOrganizationPermission(row?.callerRole, permission, "role", roleId, row?.callerExtras);
  const { callerRole: _, callerExtras: __, ...role } = row as WithRole<RoleView>;
  return role;
}

const ownRoleStatement = statement(
  "role.of-organization",
  `select ${roleColumns} from organizations.roles r where r.id = $1 and r.organization_id = $2 and r.level = 'organization'`,
);

/** A composed role for members of an organization that a door was passed to. @throws AppError `not-found` */
export async function requireRole(ctx: PublicCtx, organizationId: string, roleId: string): Promise<RoleView> {
  const [role] = await ctx.sql.query<RoleView>(ownRoleStatement, [roleId, organizationId]);
  if (!role) throw notFound("role", roleId);
  return role;
}

const memberStatement = statement(
  "member.read",
  `select ${memberColumns} from organizations.members m join auth.users u on u.id = m.user_id
  where m.organization_id = $1 and m.user_id = $2`,
);

/** Somebody in an organization that a door was passed to; null when they are not in it. */
export async function findMember(ctx: PublicCtx, organizationId: string, userId: string): Promise<MemberView | null> {
  const [member] = await ctx.sql.query<MemberView>(memberStatement, [organizationId, userId]);
  return member ?? null;
}

/** @throws AppError `not-found` */
export async function requireMember(ctx: PublicCtx, organizationId: string, userId: string): Promise<MemberView> {
  const member = await findMember(ctx, organizationId, userId);
  if (!member) throw notFound("member", userId);
  return member;
}
