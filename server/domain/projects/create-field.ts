import { v7 } from "uuid";
import { z } from "zod";
import { Field } from "../../../db/entities/projects.ts";
import type { Ctx } from "../../context.ts";
import { invalid, ruleBroken } from "../../errors.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { id, name, text } from "../fields.ts";
import { insert } from "../save.ts";
import { accessWholeProject } from "./project.access.ts";
import { requireFeature } from "./project.settings.ts";
import { fields } from "./workflow.access.ts";
import { fieldCreated } from "./workflow.events.ts";
import { type FieldView, fieldKinds } from "./workflow.view.ts";

/** Every task carries its values, so they stay few. */
const mostFields = 50;

const color = z
  .string()
  .toLowerCase()
  .regex(/^#[0-9a-f]{6}$/, "must be like #1a2b3c");
export const newChoice = z.strictObject({ name: name(100), color: color.nullable().default(null) });
export const fieldWords = { name: name(60), description: text(1_000) };

export const createFieldInput = z.object({
  projectId: id,
  kind: z.enum(fieldKinds).describe("stays as it is"),
  name: fieldWords.name,
  description: fieldWords.description.default(""),
  choices: z.array(newChoice).max(100).default([]).describe("for `choice` and `choices`, in their order"),
});

/**
 * Gives the tasks of a project a custom field.
 *
 * @throws AppError `not-found` | `access.denied` | `validation.failed` (choices of another kind, or twice the same)
 *   | `rule.broken` (more than 50, fields are switched off, archived) | `conflict` (the project has a field of this name)
 */
export const createField = (ctx: Ctx, input: z.output<typeof createFieldInput>): Promise<FieldView> =>
  inTransaction(ctx, async (ctx) => {
    const { project } = await accessWholeProject(ctx, input.projectId, "field.manage");
    requireFeature(project, "fields");
    const choices = input.choices.map((choice) => ({ id: v7(), ...choice }));
    requireChoices(input.kind, choices);
    if ((await fields.all(ctx, project.id)).length >= mostFields)
      throw ruleBroken("project.fields", `A project has at most ${mostFields} custom fields.`);
    const { kind, name, description } = input;
    const row = { organizationId: project.organizationId, projectId: project.id, kind, name, description, choices };
    return record(ctx, fieldCreated, null, await insert<Field, FieldView>(ctx, Field, row));
  });

/** @throws AppError `validation.failed` */
export function requireChoices(kind: FieldView["kind"], choices: readonly { name: string }[]): void {
  if (choices.length > 0 && kind !== "choice" && kind !== "choices")
    throw invalid("choices", "Only fields of the kinds `choice` and `choices` have choices.");
  if (new Set(choices.map((choice) => choice.name.toLowerCase())).size < choices.length)
    throw invalid("choices", "Each choice needs a name of its own.");
}
