import { z } from "zod";
import { pageOf } from "../server/domain/fields.ts";
import { permissionCatalogue, permissionCatalogueSchema } from "../server/domain/organizations/compose-role.ts";
import { createRole, createRoleInput } from "../server/domain/organizations/create-role.ts";
import { deleteRole, roleInput } from "../server/domain/organizations/delete-role.ts";
import { listInOrganizationInput, listRoles } from "../server/domain/organizations/organization.queries.ts";
import { roleViewSchema } from "../server/domain/organizations/organization.view.ts";
import { updateRole, updateRoleInput } from "../server/domain/organizations/update-role.ts";
import { mutates, procedure, publicProcedure, rest, router } from "./trpc.ts";

const permissions = ["task.create", "task.update", "task.move", "comment.create"];

export const roles = router({
  catalogue: publicProcedure
    .meta(
      rest("GET /permissions", "Every permission, and the built-in roles that grant it", {
        access: "everybody",
        description: "What a page for composing roles shows.",
      }),
    )
    .input(z.strictObject({}))
    .output(permissionCatalogueSchema)
    .query(() => permissionCatalogue()),
  list: procedure
    .meta(
      rest("GET /organizations/{organizationId}/roles", "List the roles that an organization composed, by name", {
        access: "organization.read-people",
      }),
    )
    .input(listInOrganizationInput)
    .output(pageOf(roleViewSchema))
    .query(({ ctx, input }) => listRoles(ctx, input)),
  create: procedure
    .meta(
      rest("POST /organizations/{organizationId}/roles", "Compose a role of single permissions", {
        access: "role.manage",
        description:
          "A role of the level `project` can be given to people and teams in a project, one of the level `organization` to members; there its permissions in projects hold in all of them.",
        example: {
          input: {
            organizationId: "01990a3c-5b1e-7c44-8f02-7d9a4c1e0b05",
            level: "project",
            name: "Author",
            permissions,
          },
        },
      }),
    )
    .input(mutates(createRoleInput))
    .output(roleViewSchema)
    .mutation(({ ctx, input }) => createRole(ctx, input)),
  update: procedure
    .meta(
      rest("PATCH /roles/{roleId}", "Change a composed role", {
        access: "role.manage",
        description: "Whoever holds it may do the new things, and no longer the old ones, at once.",
      }),
    )
    .input(mutates(updateRoleInput))
    .output(roleViewSchema)
    .mutation(({ ctx, input }) => updateRole(ctx, input)),
  delete: procedure
    .meta(rest("DELETE /roles/{roleId}", "Delete a composed role that nobody holds", { access: "role.manage" }))
    .input(mutates(roleInput))
    .output(z.object({ id: z.uuid() }))
    .mutation(({ ctx, input }) => deleteRole(ctx, input)),
});
