import { v7 } from "uuid";
import { z } from "zod";
import { Field } from "../../../db/entities/projects.ts";
import type { Ctx } from "../../context.ts";
import { invalid } from "../../errors.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { fieldLoss } from "../consequences.ts";
import { id, seenVersion } from "../fields.ts";
import { requireSeen, save } from "../save.ts";
import { fieldWords, newChoice, requireChoices } from "./create-field.ts";
import { fields } from "./workflow.access.ts";
import { fieldUpdated } from "./workflow.events.ts";
import type { FieldView } from "./workflow.view.ts";

export const updateFieldInput = z
  .object(fieldWords)
  .partial()
  .extend({
    fieldId: id,
    choices: z
      .array(newChoice.extend({ id: id.optional().describe("of a choice that there is; absent: a new one") }))
      .max(100)
      .optional()
      .describe("all of them, in their order; tasks lose those that are left out"),
    version: seenVersion,
  });

/**
 * Changes the fields that are given. Choices that are left out go, also from every task that has them.
 *
 * @throws AppError `not-found` | `access.denied` | `stale` | `validation.failed` (choices of another kind, of elsewhere,
 *   or twice the same) | `rule.broken` (archived) | `conflict` (the project has a field of this name)
 */
export const updateField = (ctx: Ctx, input: z.output<typeof updateFieldInput>): Promise<FieldView> =>
  inTransaction(ctx, async (ctx) => {
    const field = await fields.access(ctx, input.fieldId, "field.manage");
    requireSeen(field, input.version);
    const { name, description } = input;
    const choices = input.choices ? choicesFrom(field, input.choices) : undefined;
    const kept = new Set(choices?.map((choice) => choice.id));
    const choiceIds = choices ? field.choices.map((choice) => choice.id).filter((id) => !kept.has(id)) : [];
    const update = async () =>
      record(ctx, fieldUpdated, field, await save(ctx, Field, field, { name, description, choices }));
    if (choiceIds.length === 0) return update();
    await fields.lock(ctx, [field.id]);
    return fieldLoss.around(ctx, { fieldId: field.id, choiceIds }, update);
  });

/** The wanted choices; `undefined` where they are as they were. */
function choicesFrom(
  field: FieldView,
  given: NonNullable<z.output<typeof updateFieldInput>["choices"]>,
): FieldView["choices"] | undefined {
  const known = new Set(field.choices.map((choice) => choice.id));
  const ids = given.flatMap((choice) => choice.id ?? []);
  if (ids.some((choiceId) => !known.has(choiceId)) || new Set(ids).size < ids.length)
    throw invalid("choices", "Choices with an id must be the field's own, each once.");
  requireChoices(field.kind, given);
  const wanted = given.map((choice) => ({ id: choice.id ?? v7(), name: choice.name, color: choice.color }));
  const same =
    wanted.length === field.choices.length &&
    wanted.every((choice, at) => {
      const old = field.choices[at];
      return old?.id === choice.id && old.name === choice.name && old.color === choice.color;
    });
  return same ? undefined : wanted;
}
