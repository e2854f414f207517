import {
  type OrganizationPermission,
  type OrganizationRole,
  organizationPermissions,
  type ProjectPermission,
  type ProjectRole,
  projectGrants,
  projectPermissions,
  projectRoles,
} from "./permissions.ts";

/*
 * What somebody may do in a project, as a number, so that PostgreSQL can join what they hold by name, by team and by
 * their role in the organization in one expression: a bit for each permission, and one for all that viewers have,
 * because whoever reads a project reads all of it. The names travel with each statement, so that a process and its
 * statements always mean the same bits.
 */
const allProjectPermissions = Object.keys(projectPermissions) as ProjectPermission[];

/** Those of every role in a project: what its channel shows, and so what cannot be left out. */
export const readingPermissions = allProjectPermissions.filter((permission) => projectGrants("viewer", permission));

/** The permission of each bit; the first one stands for all of `readingPermissions`. */
export const bitNames: readonly ProjectPermission[] = [
  "project.read",
  ...allProjectPermissions.filter((permission) => !readingPermissions.includes(permission)),
];
const bitOf = (permission: ProjectPermission) => Math.max(0, bitNames.indexOf(permission));
const hasBit = (rights: number, bit: number) => Math.floor(rights / 2 ** bit) % 2 === 1;

export const rightsOf = (permissions: Iterable<ProjectPermission>): number =>
  [...new Set([...permissions].map(bitOf))].reduce((sum, bit) => sum + 2 ** bit, 0);

/** The rights of the built-in roles. */
export const roleRights = Object.fromEntries(
  projectRoles.map((role) => [role, rightsOf(allProjectPermissions.filter((name) => projectGrants(role, name)))]),
) as Record<ProjectRole, number>;

export const rightsGrant = (rights: number | null | undefined, permission: ProjectPermission): boolean =>
  !!rights && hasBit(rights, bitOf(permission));

/** Whether `rights` holds all that `other` does. */
export const rightsCover = (rights: number, other: number): boolean =>
  bitNames.every((_, bit) => !hasBit(other, bit) || hasBit(rights, bit));

export const permissionsOf = (rights: number): ProjectPermission[] =>
  allProjectPermissions.filter((permission) => rightsGrant(rights, permission));

/** The highest built-in role of which somebody holds everything; null for no rights. */
export function builtInRole(rights: number | null): ProjectRole | null {
  return rights ? (projectRoles.findLast((role) => rightsCover(rights, roleRights[role])) ?? null) : null;
}

/* The same in SQL. Names and numbers are the table's own, never a caller's. */

const arraySql = (names: readonly string[]) => `'{${names.join(",")}}'::text[]`;

/** The rights of a built-in role and of a composed one. */
export const heldRightsSql = (role: string, roleId: string) =>
  `(case ${role} when 'manager' then ${roleRights.manager} when 'editor' then ${roleRights.editor} when 'commenter' then ${roleRights.commenter} else ${roleRights.viewer} end
    | ${composedRightsSql(roleId)})`;

/** The rights of a composed role alone; 0 without one. */
export const composedRightsSql = (roleId: string) =>
  `coalesce(organizations.role_mask(${roleId}, ${arraySql(bitNames)}), 0)`;

/** Whether rights grant a permission. */
export const grantsSql = (rights: string, permission: ProjectPermission) =>
  `(coalesce(${rights}, 0) & ${2 ** bitOf(permission)}::bigint <> 0)`;

/** Whether a row `m` of organizations.members grants a permission in its organization. */
export const memberGrantsSql = (m: string, permission: OrganizationPermission) =>
  `(${m}.role = any(${arraySql(organizationPermissions[permission])}) or exists (
    select from organizations.roles composed where composed.id = ${m}.role_id and '${permission}' = any(composed.permissions)))`;

export const builtInRoleSql = (rights: string) =>
  `case ${projectRoles
    .toReversed()
    .map((role) => `when ${rights} & ${roleRights[role]} = ${roleRights[role]} then '${role}'`)
    .join(" ")} end`;

export const permissionsSql = (rights: string) =>
  `array(select named.name from unnest(${arraySql(allProjectPermissions)}, '{${allProjectPermissions.map(bitOf).join(",")}}'::int[])
    with ordinality named (name, bit, place) where (${rights} >> named.bit) & 1 = 1 order by named.place)`;

/** All that a built-in role grants in an organization; to owners and admins also in each of its projects. */
export const organizationRolePermissions = (role: OrganizationRole): string[] => [
  ...(Object.keys(organizationPermissions) as OrganizationPermission[]).filter((name) =>
    (organizationPermissions[name] as readonly OrganizationRole[]).includes(role),
  ),
  ...(role === "owner" || role === "admin" ? allProjectPermissions : []),
];

const allPermissions = [...Object.keys(organizationPermissions), ...allProjectPermissions];

/** The permissions of a row `m` of organizations.members, in the table's order. */
export const memberPermissionsSql = (m: string) =>
  `array(select named.name from unnest(${arraySql(allPermissions)}) with ordinality named (name, place)
    where named.name = any(case ${m}.role
      when 'owner' then ${arraySql(organizationRolePermissions("owner"))} when 'admin' then ${arraySql(organizationRolePermissions("admin"))}
      when 'member' then ${arraySql(organizationRolePermissions("member"))} else ${arraySql(organizationRolePermissions("guest"))} end)
      or named.name in (select unnest(composed.permissions) from organizations.roles composed where composed.id = ${m}.role_id)
    order by named.place)`;
