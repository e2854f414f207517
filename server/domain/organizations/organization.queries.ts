import { z } from "zod";
import type { Ctx, PublicCtx } from "../../context.ts";
import { notFound } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { pageFrom, placeOf } from "../cursor.ts";
import { id, page } from "../fields.ts";
import { accessOrganization, accessTeam } from "./organization.access.ts";
import {
  type InvitationView,
  invitationColumns,
  type MembershipView,
  type MemberView,
  memberColumns,
  membershipColumns,
  organizationColumns,
  organizationViewSchema,
  ownStanding,
  ownStandingColumns,
  type RoleView,
  roleColumns,
  type TeamMemberView,
  type TeamView,
  teamColumns,
  teamMemberColumns,
  teamMemberViewSchema,
  teamViewSchema,
} from "./organization.view.ts";

type Sorted<V> = V & { sortText: string };

/** An organization, and what the caller is in it. */
export const myOrganizationSchema = organizationViewSchema.extend(ownStanding).meta({ id: "MyOrganization" });
type MyOrganization = z.output<typeof myOrganizationSchema>;

export const organizationInput = z.strictObject({ organizationId: id });
export const listOrganizationsInput = z.strictObject(page);
export const listInOrganizationInput = organizationInput.extend(page);

const mineStatement = statement(
  "organization.mine",
  `select ${organizationColumns}, ${ownStandingColumns}, lower(o.name) as "sortText"
  from organizations.members m join organizations.organizations o on o.id = m.organization_id
  where m.user_id = $1 and ($2::text is null or (lower(o.name), o.id) > ($2, $3::uuid))
  order by lower(o.name), o.id limit $4`,
);

/** The caller's organizations, by name. */
export async function listOrganizations(ctx: Ctx, input: z.output<typeof listOrganizationsInput>) {
  const place = placeOf(input.cursor);
  const rows = await ctx.sql.query<Sorted<MyOrganization>>(mineStatement, [
    ctx.actor.userId,
    ...place,
    input.limit + 1,
  ]);
  return pageFrom(rows, input.limit);
}

/** @throws AppError `not-found` */
export async function getOrganization(ctx: Ctx, input: z.output<typeof organizationInput>): Promise<MyOrganization> {
  const { organization } = await accessOrganization(ctx, input.organizationId, "organization.read");
  const membership = await findMembership(ctx, organization.id, ctx.actor.userId);
  if (!membership) throw notFound("organization", organization.id);
  const { role, roleId, permissions } = membership;
  return { ...organization, role, roleId, permissions };
}

const membersStatement = statement(
  "organization.members",
  `select ${memberColumns}, lower(u.name) as "sortText"
  from organizations.members m join auth.users u on u.id = m.user_id
  where m.organization_id = $1 and ($2::text is null or (lower(u.name), m.id) > ($2, $3::uuid))
  order by lower(u.name), m.id limit $4`,
);

/**
 * The people of an organization, by name.
 *
 * @throws AppError `not-found` | `access.denied` (guests)
 */
export async function listMembers(ctx: Ctx, input: z.output<typeof listInOrganizationInput>) {
  const place = placeOf(input.cursor);
  await accessOrganization(ctx, input.organizationId, "organization.read-people");
  const values = [input.organizationId, ...place, input.limit + 1];
  return pageFrom(await ctx.sql.query<Sorted<MemberView>>(membersStatement, values), input.limit);
}

const teamsStatement = statement(
  "organization.teams",
  `select ${teamColumns}, lower(t.name) as "sortText" from organizations.teams t
  where t.organization_id = $1 and ($2::text is null or (lower(t.name), t.id) > ($2, $3::uuid))
  order by lower(t.name), t.id limit $4`,
);

/** @throws AppError `not-found` | `access.denied` (guests) */
export async function listTeams(ctx: Ctx, input: z.output<typeof listInOrganizationInput>) {
  const place = placeOf(input.cursor);
  await accessOrganization(ctx, input.organizationId, "organization.read-people");
  const values = [input.organizationId, ...place, input.limit + 1];
  return pageFrom(await ctx.sql.query<Sorted<TeamView>>(teamsStatement, values), input.limit);
}

export const teamInput = z.strictObject({ teamId: id });
export const teamWithMembersSchema = teamViewSchema
  .extend({ members: z.array(teamMemberViewSchema) })
  .meta({ id: "TeamWithMembers" });

const teamPeopleStatement = statement(
  "team.people",
  `select ${teamMemberColumns} from organizations.team_members tm where tm.team_id = $1 order by tm.created_at, tm.id`,
);

/** The people of a team that a door was passed to. */
export const teamPeople = (ctx: Ctx, teamId: string): Promise<TeamMemberView[]> =>
  ctx.sql.query<TeamMemberView>(teamPeopleStatement, [teamId]);

/** @throws AppError `not-found` */
export async function getTeam(ctx: Ctx, input: z.output<typeof teamInput>) {
  const team = await accessTeam(ctx, input.teamId, "organization.read-people");
  return { ...team, members: await teamPeople(ctx, team.id) };
}

const invitationsStatement = statement(
  "organization.invitations",
  `select ${invitationColumns}, i.email as "sortText" from organizations.invitations i
  where i.organization_id = $1 and ($2::text is null or (i.email, i.id) > ($2, $3::uuid))
  order by i.email, i.id limit $4`,
);

/** Invitations that nobody accepted yet, expired ones among them, by address.
 *
 * @throws AppError `not-found` | `access.denied`
 */
export async function listInvitations(ctx: Ctx, input: z.output<typeof listInOrganizationInput>) {
  const place = placeOf(input.cursor);
  await accessOrganization(ctx, input.organizationId, "invitation.manage");
  const values = [input.organizationId, ...place, input.limit + 1];
  return pageFrom(await ctx.sql.query<Sorted<InvitationView>>(invitationsStatement, values), input.limit);
}

const rolesStatement = statement(
  "organization.roles",
  `select ${roleColumns}, lower(r.name) as "sortText" from organizations.roles r
  where r.organization_id = $1 and ($2::text is null or (lower(r.name), r.id) > ($2, $3::uuid))
  order by lower(r.name), r.id limit $4`,
);

/** The roles that an organization composed, by name. @throws AppError `not-found` | `access.denied` (guests) */
export async function listRoles(ctx: Ctx, input: z.output<typeof listInOrganizationInput>) {
  const place = placeOf(input.cursor);
  await accessOrganization(ctx, input.organizationId, "organization.read-people");
  const values = [input.organizationId, ...place, input.limit + 1];
  return pageFrom(await ctx.sql.query<Sorted<RoleView>>(rolesStatement, values), input.limit);
}

const membershipStatement = statement(
  "organization.membership",
  `select ${membershipColumns} from organizations.members m join organizations.organizations o on o.id = m.organization_id
  where m.organization_id = $1 and m.user_id = $2`,
);

/** What somebody sees of an organization in their own channel; null when they are not in it. */
export async function findMembership(
  ctx: PublicCtx,
  organizationId: string,
  userId: string,
): Promise<MembershipView | null> {
  const [membership] = await ctx.sql.query<MembershipView>(membershipStatement, [organizationId, userId]);
  return membership ?? null;
}

const membershipsStatement = statement(
  "organization.memberships",
  `select ${membershipColumns} from organizations.members m join organizations.organizations o on o.id = m.organization_id
  where m.organization_id = $1 order by m.id`,
);

/** What the people of an organization see of it in their own channels. */
export const membershipsOf = (ctx: Ctx, organizationId: string): Promise<MembershipView[]> =>
  ctx.sql.query<MembershipView>(membershipsStatement, [organizationId]);
