import { defineChange } from "../change.ts";
import {
  invitationViewSchema,
  membershipViewSchema,
  memberViewSchema,
  organizationViewSchema,
  roleViewSchema,
  teamMemberViewSchema,
  teamViewSchema,
} from "./organization.view.ts";
import { serviceAccountViewSchema } from "./service-account.view.ts";

const organization = {
  entity: "organization",
  view: organizationViewSchema,
  channel: (view: { id: string }) => `organization:${view.id}` as const,
  audited: true,
} as const;
export const organizationCreated = defineChange({ ...organization, type: "organization.created", op: "create" });
export const organizationUpdated = defineChange({ ...organization, type: "organization.updated", op: "update" });
export const organizationDeleted = defineChange({ ...organization, type: "organization.deleted", op: "delete" });

const inOrganization = (view: { organizationId: string }) => `organization:${view.organizationId}` as const;

const member = { entity: "member", view: memberViewSchema, channel: inOrganization, audited: true } as const;
export const memberJoined = defineChange({ ...member, type: "member.joined", op: "create" });
export const memberRoleChanged = defineChange({ ...member, type: "member.role-changed", op: "update" });
/** A person's new name, address or picture shows in their organizations. */
export const memberProfileChanged = defineChange({
  ...member,
  type: "member.profile-changed",
  op: "update",
  audited: false,
});
/** Left, or was removed. */
export const memberRemoved = defineChange({ ...member, type: "member.removed", op: "delete" });

/** A composed role; which of the built-in ones it extends, its members' rows tell. */
const role = { entity: "role", view: roleViewSchema, channel: inOrganization, audited: true } as const;
export const roleCreated = defineChange({ ...role, type: "role.created", op: "create" });
export const roleUpdated = defineChange({ ...role, type: "role.updated", op: "update" });
export const roleDeleted = defineChange({ ...role, type: "role.deleted", op: "delete" });

const membership = {
  entity: "membership",
  view: membershipViewSchema,
  channel: (view: { userId: string }) => `user:${view.userId}` as const,
} as const;
export const membershipBegan = defineChange({ ...membership, type: "membership.began", op: "create" });
export const membershipChanged = defineChange({ ...membership, type: "membership.changed", op: "update" });
export const membershipEnded = defineChange({ ...membership, type: "membership.ended", op: "delete" });

/** Invitations name addresses of people who are not here yet, so only owners and admins hear of them. */
const invitation = {
  entity: "invitation",
  view: invitationViewSchema,
  channel: (view: { organizationId: string }) => `organization-admins:${view.organizationId}` as const,
  audited: true,
} as const;
export const invitationCreated = defineChange({ ...invitation, type: "invitation.created", op: "create" });
export const invitationResent = defineChange({ ...invitation, type: "invitation.resent", op: "update" });
export const invitationWithdrawn = defineChange({ ...invitation, type: "invitation.withdrawn", op: "delete" });
export const invitationAccepted = defineChange({ ...invitation, type: "invitation.accepted", op: "delete" });

/** Accounts for programs; their secrets are part of them. */
const serviceAccount = {
  entity: "serviceAccount",
  view: serviceAccountViewSchema,
  channel: (view: { organizationId: string }) => `organization-admins:${view.organizationId}` as const,
  audited: true,
} as const;
export const serviceAccountCreated = defineChange({ ...serviceAccount, type: "service-account.created", op: "create" });
export const serviceAccountUpdated = defineChange({ ...serviceAccount, type: "service-account.updated", op: "update" });
export const serviceSecretAdded = defineChange({
  ...serviceAccount,
  type: "service-account.secret-added",
  op: "update",
});
export const serviceSecretRemoved = defineChange({
  ...serviceAccount,
  type: "service-account.secret-removed",
  op: "update",
});
export const serviceAccountDeleted = defineChange({ ...serviceAccount, type: "service-account.deleted", op: "delete" });

const team = { entity: "team", view: teamViewSchema, channel: inOrganization, audited: true } as const;
export const teamCreated = defineChange({ ...team, type: "team.created", op: "create" });
export const teamUpdated = defineChange({ ...team, type: "team.updated", op: "update" });
export const teamDeleted = defineChange({ ...team, type: "team.deleted", op: "delete" });

const teamMember = {
  entity: "teamMember",
  view: teamMemberViewSchema,
  channel: inOrganization,
  audited: true,
} as const;
export const teamMemberAdded = defineChange({ ...teamMember, type: "team-member.added", op: "create" });
export const teamMemberRemoved = defineChange({ ...teamMember, type: "team-member.removed", op: "delete" });
