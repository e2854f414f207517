import { defineEntity, p } from "@mikro-orm/core";
import { base, mutable } from "./base.ts";

const OrganizationSchema = defineEntity({
  name: "Organization",
  schema: "organizations",
  tableName: "organizations",
  properties: { ...mutable, name: p.text(), slug: p.text() },
});
export class Organization extends OrganizationSchema.class {}
OrganizationSchema.setClass(Organization);

const MemberSchema = defineEntity({
  name: "Member",
  schema: "organizations",
  tableName: "members",
  properties: {
    ...mutable,
    organizationId: p.uuid(),
    userId: p.uuid(),
    role: p.string().$type<"owner" | "admin" | "member" | "guest">(),
    /** A composed role; `role` is what it extends. */
    roleId: p.uuid().nullable(),
  },
});
export class Member extends MemberSchema.class {}
MemberSchema.setClass(Member);

const RoleSchema = defineEntity({
  name: "Role",
  schema: "organizations",
  tableName: "roles",
  properties: {
    ...mutable,
    organizationId: p.uuid(),
    level: p.string().$type<"organization" | "project">(),
    base: p.string().$type<"guest" | "member">().nullable(),
    name: p.text(),
    description: p.text(),
    permissions: p.array(),
  },
});
export class Role extends RoleSchema.class {}
RoleSchema.setClass(Role);

const InvitationSchema = defineEntity({
  name: "Invitation",
  schema: "organizations",
  tableName: "invitations",
  properties: {
    ...mutable,
    organizationId: p.uuid(),
    email: p.text(),
    role: p.string().$type<"admin" | "member" | "guest">(),
    tokenHash: p.text().hidden(),
    tokenSalt: p.text().hidden(),
    invitedById: p.uuid(),
    expiresAt: p.datetime(),
  },
});
export class Invitation extends InvitationSchema.class {}
InvitationSchema.setClass(Invitation);

const TeamSchema = defineEntity({
  name: "Team",
  schema: "organizations",
  tableName: "teams",
  properties: { ...mutable, organizationId: p.uuid(), name: p.text() },
});
export class Team extends TeamSchema.class {}
TeamSchema.setClass(Team);

const TeamMemberSchema = defineEntity({
  name: "TeamMember",
  schema: "organizations",
  tableName: "team_members",
  properties: { ...base, organizationId: p.uuid(), teamId: p.uuid(), userId: p.uuid() },
});
export class TeamMember extends TeamMemberSchema.class {}
TeamMemberSchema.setClass(TeamMember);
