import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { id } from "../fields.ts";
import { accessRole } from "./organization.access.ts";
import { roleDeleted } from "./organization.events.ts";

export const roleInput = z.object({ roleId: id });

const deleteStatement = statement("role.delete", "delete from organizations.roles where id = $1");

/**
 * Deletes a composed role that nobody holds.
 *
 * @throws AppError `not-found` | `access.denied` | `conflict` (still held by somebody)
 */
export const deleteRole = (ctx: Ctx, input: z.output<typeof roleInput>): Promise<{ id: string }> =>
  inTransaction(ctx, async (ctx) => {
    const role = await accessRole(ctx, input.roleId, "role.manage");
    await ctx.sql.query(deleteStatement, [role.id]);
    record(ctx, roleDeleted, role, null);
    return { id: role.id };
  });
