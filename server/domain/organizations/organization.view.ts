import { z } from "zod";
import { avatarId, userKinds } from "../auth/auth.view.ts";
import { instant } from "../fields.ts";
import { organizationRoles } from "../permissions.ts";
import { memberPermissionsSql } from "../rights.ts";

const timestamps = { createdAt: instant, updatedAt: instant, version: z.int() };
const timestampColumns = (row: string) =>
  `${row}.created_at as "createdAt", ${row}.updated_at as "updatedAt", ${row}.version`;

export const organizationViewSchema = z
  .object({ id: z.uuid(), name: z.string(), slug: z.string(), ...timestamps })
  .meta({ id: "Organization" });
export type OrganizationView = z.output<typeof organizationViewSchema>;
export const organizationColumns = `o.id, o.name, o.slug, ${timestampColumns("o")}`;

/** Somebody in an organization, as its other people see them. */
export const memberViewSchema = z
  .object({
    id: z.uuid(),
    organizationId: z.uuid(),
    userId: z.uuid(),
    kind: z.enum(userKinds),
    name: z.string(),
    email: z.string(),
    avatarId,
    role: z.enum(organizationRoles).describe("with `roleId` what that role extends"),
    roleId: z.uuid().nullable().describe("a composed role"),
    ...timestamps,
  })
  .meta({ id: "Member" });
export type MemberView = z.output<typeof memberViewSchema>;
/** Of members `m` joined with auth.users `u`. */
export const memberColumns = `m.id, m.organization_id as "organizationId", m.user_id as "userId", u.kind, u.name, u.email, u.avatar_id as "avatarId", m.role, m.role_id as "roleId", ${timestampColumns("m")}`;

/** What somebody is in an organization, and what that lets them do. */
export const ownStanding = {
  role: z.enum(organizationRoles).describe("yours; with `roleId` what that role extends"),
  roleId: z.uuid().nullable().describe("a composed role"),
  permissions: z.array(z.string()).describe("what you may do, by name; permissions in projects hold in all of them"),
};
/** Of members `m`. */
export const ownStandingColumns = `m.role, m.role_id as "roleId", ${memberPermissionsSql("m")} as permissions`;

/** One of my organizations, in my own channel: it comes when I join and goes when I leave. */
export const membershipViewSchema = z
  .object({
    id: z.uuid().describe("the organization's id"),
    userId: z.uuid(),
    name: z.string(),
    slug: z.string(),
    ...ownStanding,
  })
  .meta({ id: "Membership" });
export type MembershipView = z.output<typeof membershipViewSchema>;
/** Of members `m` joined with their organizations `o`. */
export const membershipColumns = `o.id, m.user_id as "userId", o.name, o.slug, ${ownStandingColumns}`;

export const roleLevels = ["organization", "project"] as const;
export const roleViewSchema = z
  .object({
    id: z.uuid(),
    organizationId: z.uuid(),
    level: z.enum(roleLevels).describe("given to members of the organization, or to people and teams in a project"),
    base: z.enum(["guest", "member"]).nullable().describe("the built-in role it extends; null in projects: viewers"),
    name: z.string(),
    description: z.string(),
    permissions: z.array(z.string()).describe("besides those of `base`"),
    ...timestamps,
  })
  .meta({ id: "Role" });
/** A role composed of single permissions. */
export type RoleView = z.output<typeof roleViewSchema>;
export const roleColumns = `r.id, r.organization_id as "organizationId", r.level, r.base, r.name, r.description, r.permissions, ${timestampColumns("r")}`;

export const invitationViewSchema = z
  .object({
    id: z.uuid(),
    organizationId: z.uuid(),
    email: z.string(),
    role: z.enum(["guest", "member", "admin"]),
    invitedById: z.uuid(),
    expiresAt: instant,
    ...timestamps,
  })
  .meta({ id: "Invitation" });
export type InvitationView = z.output<typeof invitationViewSchema>;
export const invitationColumns = `i.id, i.organization_id as "organizationId", i.email, i.role, i.invited_by_id as "invitedById", i.expires_at as "expiresAt", ${timestampColumns("i")}`;

export const teamViewSchema = z
  .object({ id: z.uuid(), organizationId: z.uuid(), name: z.string(), ...timestamps })
  .meta({ id: "Team" });
export type TeamView = z.output<typeof teamViewSchema>;
export const teamColumns = `t.id, t.organization_id as "organizationId", t.name, ${timestampColumns("t")}`;

export const teamMemberViewSchema = z
  .object({ id: z.uuid(), organizationId: z.uuid(), teamId: z.uuid(), userId: z.uuid(), createdAt: instant })
  .meta({ id: "TeamMember" });
export type TeamMemberView = z.output<typeof teamMemberViewSchema>;
export const teamMemberColumns = `tm.id, tm.organization_id as "organizationId", tm.team_id as "teamId", tm.user_id as "userId", tm.created_at as "createdAt"`;
