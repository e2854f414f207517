import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { labelDeletion } from "../consequences.ts";
import { id } from "../fields.ts";
import { accessLabel } from "./project.access.ts";
import { labelDeleted } from "./project.events.ts";

export const labelInput = z.object({ labelId: id });

/** Whoever gives a task the label meanwhile waits here, and then finds it gone. */
const lockStatement = statement("label.lock-whole", "select from projects.labels where id = $1 for update");
const deleteStatement = statement("label.delete", "delete from projects.labels where id = $1");

/**
 * Deletes a label, also from every task that has it.
 *
 * @throws AppError `not-found` | `access.denied` | `rule.broken` (archived)
 */
export const deleteLabel = (ctx: Ctx, input: z.output<typeof labelInput>): Promise<{ id: string }> =>
  inTransaction(ctx, async (ctx) => {
    const label = await accessLabel(ctx, input.labelId, "label.manage");
    await ctx.sql.query(lockStatement, [label.id]);
    return labelDeletion.around(ctx, { labelId: label.id }, async () => {
      await ctx.sql.query(deleteStatement, [label.id]);
      record(ctx, labelDeleted, label, null);
      return { id: label.id };
    });
  });
