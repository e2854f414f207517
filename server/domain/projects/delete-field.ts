import { z } from "zod";
import { Transition } from "../../../db/entities/projects.ts";
import type { Ctx } from "../../context.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { fieldLoss } from "../consequences.ts";
import { id } from "../fields.ts";
import { save } from "../save.ts";
import { fields, transitions } from "./workflow.access.ts";
import { fieldDeleted, transitionUpdated } from "./workflow.events.ts";

export const fieldInput = z.object({ fieldId: id });

/**
 * Deletes a custom field, also from every task that has a value for it and every transition that asks for one.
 *
 * @throws AppError `not-found` | `access.denied` | `rule.broken` (archived)
 */
export const deleteField = (ctx: Ctx, input: z.output<typeof fieldInput>): Promise<{ id: string }> =>
  inTransaction(ctx, async (ctx) => {
    const field = await fields.access(ctx, input.fieldId, "field.manage");
    await fields.lock(ctx, [field.id]);
    for (const transition of await transitions.all(ctx, field.projectId)) {
      if (!transition.requiredFieldIds.includes(field.id)) continue;
      const requiredFieldIds = transition.requiredFieldIds.filter((fieldId) => fieldId !== field.id);
      record(ctx, transitionUpdated, transition, await save(ctx, Transition, transition, { requiredFieldIds }));
    }
    return fieldLoss.around(ctx, { fieldId: field.id, choiceIds: "all" }, async () => {
      await fields.delete(ctx, field.id);
      record(ctx, fieldDeleted, field, null);
      return { id: field.id };
    });
  });
