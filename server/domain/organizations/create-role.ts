import { z } from "zod";
import { Role } from "../../../db/entities/organizations.ts";
import type { Ctx } from "../../context.ts";
import { invalid } from "../../errors.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { id, name, text } from "../fields.ts";
import { insert } from "../save.ts";
import { composition, roleFields } from "./compose-role.ts";
import { accessOrganization } from "./organization.access.ts";
import { roleCreated } from "./organization.events.ts";
import { type RoleView, roleLevels } from "./organization.view.ts";

export const createRoleInput = z.object({
  organizationId: id,
  level: z.enum(roleLevels),
  name: name(60),
  description: text(500).default(""),
  base: roleFields.base.optional(),
  permissions: roleFields.permissions,
});

/**
 * Composes a role of single permissions.
 *
 * @throws AppError `not-found` | `access.denied` | `conflict` (the organization has a role of this name at the level)
 *   | `validation.failed` (a permission that the level or the base cannot have)
 */
export const createRole = (ctx: Ctx, input: z.output<typeof createRoleInput>): Promise<RoleView> =>
  inTransaction(ctx, async (ctx) => {
    const { organization } = await accessOrganization(ctx, input.organizationId, "role.manage");
    const { level, name, description, base = null, permissions } = input;
    if (level === "project" && base) throw invalid("base", "roles in projects extend viewers");
    const row = { organizationId: organization.id, level, name, description };
    return record(
      ctx,
      roleCreated,
      null,
      await insert<Role, RoleView>(ctx, Role, { ...row, ...composition({ level, base, permissions }) }),
    );
  });
