/** Who may do what: the one table. Doors read it; `roles.catalogue` tells it to clients. */

export const organizationRoles = ["guest", "member", "admin", "owner"] as const;
export type OrganizationRole = (typeof organizationRoles)[number];

export const projectRoles = ["viewer", "commenter", "editor", "manager"] as const;
export type ProjectRole = (typeof projectRoles)[number];

export const organizationPermissions = {
  /** Guests see the organization's name and the projects they were given, not its people. */
  "organization.read": ["guest", "member", "admin", "owner"],
  "organization.read-people": ["member", "admin", "owner"],
  "organization.update": ["admin", "owner"],
  "organization.delete": ["owner"],
  "member.manage": ["admin", "owner"],
  "invitation.manage": ["admin", "owner"],
  "team.manage": ["admin", "owner"],
  "audit.read": ["admin", "owner"],
  /** Compose roles of single permissions. */
  "role.manage": ["admin", "owner"],
  /** The figures of all projects that one may read, and of teams. */
  "organization-analytics.read": ["member", "admin", "owner"],
  /** Make accounts for programs, and secrets for them. */
  "service-account.manage": ["admin", "owner"],
  "project.create": ["member", "admin", "owner"],
  /** What projects of the organization can begin with. */
  "template.manage": ["admin", "owner"],
  "organization-file.read": ["member", "admin", "owner"],
  "organization-file.upload": ["member", "admin", "owner"],
  "organization-file.manage": ["admin", "owner"],
  /** Internal comments on the tasks of projects that one may read. */
  "comment.internal": ["member", "admin", "owner"],
  /** Also for managers of all projects that a sheet's time was spent on. */
  "timesheet.approve": ["admin", "owner"],
  "activity.manage": ["admin", "owner"],
  "time.configure": ["admin", "owner"],
  "time.close": ["admin", "owner"],
  "time.read-money": ["admin", "owner"],
  "rate.manage": ["admin", "owner"],
} as const satisfies Record<string, readonly OrganizationRole[]>;

export const projectPermissions = {
  "project.read": ["viewer", "commenter", "editor", "manager"],
  "project.update": ["manager"],
  "project.archive": ["manager"],
  "project.delete": ["manager"],
  "project.manage-members": ["manager"],
  "status.manage": ["manager"],
  "label.manage": ["editor", "manager"],
  "field.manage": ["manager"],
  "workflow.manage": ["manager"],
  "sprint.manage": ["manager"],
  "milestone.manage": ["editor", "manager"],
  "recurrence.manage": ["editor", "manager"],
  /** Save a way to look at the tasks, for oneself. */
  "view.create": ["viewer", "commenter", "editor", "manager"],
  "view.share": ["editor", "manager"],
  /** Shared ones of others. */
  "view.manage": ["manager"],
  "task.read": ["viewer", "commenter", "editor", "manager"],
  "task.watch": ["viewer", "commenter", "editor", "manager"],
  "task.create": ["editor", "manager"],
  "task.update": ["editor", "manager"],
  "task.move": ["editor", "manager"],
  /** Into a status that is full. */
  "task.exceed-limit": ["manager"],
  "task.delete": ["editor", "manager"],
  "task.purge": ["manager"],
  "file.read": ["viewer", "commenter", "editor", "manager"],
  /** Who added a file may also change and delete it. */
  "file.upload": ["commenter", "editor", "manager"],
  "file.update": ["editor", "manager"],
  "file.delete": ["editor", "manager"],
  "file.share": ["editor", "manager"],
  "comment.read": ["viewer", "commenter", "editor", "manager"],
  "comment.create": ["commenter", "editor", "manager"],
  "comment.react": ["commenter", "editor", "manager"],
  "comment.resolve": ["commenter", "editor", "manager"],
  /** `…-own`: for who wrote it. */
  "comment.update-own": ["commenter", "editor", "manager"],
  "comment.delete-own": ["commenter", "editor", "manager"],
  "comment.pin": ["editor", "manager"],
  /** Take back what others said. */
  "comment.manage": ["manager"],
  "analytics.read": ["viewer", "commenter", "editor", "manager"],
  /** What single people do; everybody may read their own figures. */
  "analytics.read-people": ["manager"],
  /** One's own time: book it, read it, change it. */
  "time.log": ["viewer", "commenter", "editor", "manager"],
  "time.read-own": ["viewer", "commenter", "editor", "manager"],
  "time.update-own": ["viewer", "commenter", "editor", "manager"],
  "time.read-others": ["manager"],
  /** Book and change others' time. */
  "time.manage": ["manager"],
} as const satisfies Record<string, readonly ProjectRole[]>;

export type OrganizationPermission = keyof typeof organizationPermissions;
export type ProjectPermission = keyof typeof projectPermissions;

/**
 * What no role can be composed of: whoever held it could give themselves the rest.
 */
export const reservedPermissions: readonly OrganizationPermission[] = [
  "organization.delete",
  "role.manage",
  "service-account.manage",
];

/** What a role that extends guests can be composed of, besides permissions in projects: guests do not see each other. */
export const permissionsForGuests: readonly OrganizationPermission[] = [
  "organization.read",
  "organization.update",
  "audit.read",
  "project.create",
];

/** Permissions that an archived project still grants; all others need it restored first. */
export const grantedWhenArchived: readonly ProjectPermission[] = [
  "project.read",
  "project.archive",
  "project.delete",
  "project.manage-members",
  "task.read",
  "task.watch",
  "comment.read",
  "analytics.read",
  "analytics.read-people",
  "time.read-own",
  "time.read-others",
];

export const organizationGrants = (role: OrganizationRole, permission: OrganizationPermission) =>
  (organizationPermissions[permission] as readonly OrganizationRole[]).includes(role);

export const projectGrants = (role: ProjectRole, permission: ProjectPermission) =>
  (projectPermissions[permission] as readonly ProjectRole[]).includes(role);
