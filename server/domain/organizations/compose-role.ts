import { z } from "zod";
import { invalid } from "../../errors.ts";
import {
  type OrganizationPermission,
  organizationPermissions,
  organizationRoles,
  type ProjectPermission,
  permissionsForGuests,
  projectPermissions,
  projectRoles,
  reservedPermissions,
} from "../permissions.ts";
import { organizationRolePermissions, readingPermissions } from "../rights.ts";
import type { RoleView } from "./organization.view.ts";

type Permission = OrganizationPermission | ProjectPermission;
const composable = [...Object.keys(organizationPermissions), ...Object.keys(projectPermissions)].filter(
  (name) => !(reservedPermissions as readonly string[]).includes(name),
) as [Permission, ...Permission[]];

export const roleFields = {
  base: z.enum(["guest", "member"]).describe("the built-in role it extends; only of roles in the organization"),
  permissions: z.array(z.enum(composable)).max(200),
};

const ofProjects = (name: string): name is ProjectPermission => name in projectPermissions;

/**
 * What a role is composed of: no more and no less than its level can have. Whoever may do anything in a project reads
 * all of it, because its channel holds all of it.
 *
 * @returns the permissions in the table's order, each once, without those that `base` has anyway
 * @throws AppError `validation.failed` (a permission that the level or the base cannot have)
 */
export function composition({
  level,
  base,
  permissions,
}: Pick<RoleView, "level" | "base"> & { permissions: readonly string[] }): Pick<RoleView, "base" | "permissions"> {
  const wanted = new Set<string>(permissions);
  if (level === "project") {
    const stray = permissions.find((name) => !ofProjects(name));
    if (stray) throw invalid("permissions", `${stray} is no permission in projects`);
    for (const name of readingPermissions) wanted.add(name);
    return { base: null, permissions: composable.filter((name) => wanted.has(name)) };
  }
  const extended = base ?? "member";
  const included = organizationRolePermissions(extended);
  if (extended === "guest") {
    const allowed: readonly string[] = permissionsForGuests;
    const stray = permissions.find((name) => !ofProjects(name) && !allowed.includes(name));
    if (stray) throw invalid("permissions", `${stray} needs the base member: guests do not see the organization`);
  }
  if (permissions.some(ofProjects)) for (const name of readingPermissions) wanted.add(name);
  return {
    base: extended,
    permissions: composable.filter((name) => wanted.has(name) && !included.includes(name)),
  };
}

export const permissionCatalogueSchema = z.object({
  permissions: z.array(
    z.object({
      name: z.string(),
      level: z.enum(["organization", "project"]),
      roles: z.array(z.string()).describe("the built-in roles that grant it"),
      composable: z.boolean().describe("roles can be composed of it"),
    }),
  ),
  organizationRoles: z.array(z.string()),
  projectRoles: z.array(z.string()),
});

/** Every permission there is, and who has it by default: what a page for composing roles shows. */
export function permissionCatalogue(): z.output<typeof permissionCatalogueSchema> {
  const entries = (level: "organization" | "project", table: Record<string, readonly string[]>) =>
    Object.entries(table).map(([name, roles]) => {
      return { name, level, roles: [...roles], composable: (composable as string[]).includes(name) };
    });
  return {
    permissions: [...entries("organization", organizationPermissions), ...entries("project", projectPermissions)],
    organizationRoles: [...organizationRoles],
    projectRoles: [...projectRoles],
  };
}
