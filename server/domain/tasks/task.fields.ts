import { z } from "zod";
import { invalid } from "../../errors.ts";
import { day, id, text } from "../fields.ts";
import type { FieldView } from "../projects/workflow.view.ts";

/** A custom field's value: what it may be, its kind says. */
export const fieldValueSchema = z.union([z.boolean(), z.number(), z.string(), z.array(z.uuid())]);
export type FieldValue = z.output<typeof fieldValueSchema>;

export const fieldsInput = z
  .record(id, z.union([z.null(), z.boolean(), z.number(), text(2_000), z.array(id).max(100)]))
  .refine((fields) => Object.keys(fields).length <= 50, "at most 50 at once")
  .describe("custom fields by id; null: no value; fields that are not given stay");
export type FieldsInput = z.output<typeof fieldsInput>;

const address = z.url({ protocol: /^https?$/ }).max(2_000);
const amount = z.number().min(-1e15).max(1e15);
const message = {
  text: "must be a text",
  number: "must be a number",
  date: "must be a day like 2026-01-31",
  person: "must be somebody who can read the project",
  choice: "must be one of the field's choices",
  choices: "must be some of the field's choices",
  checkbox: "must be true or false",
  url: "must be an address that begins with http:// or https://",
} as const satisfies Record<FieldView["kind"], string>;

/** What the definitions are, as far as they bear on a value. */
export type FieldDefinition = Pick<FieldView, "id" | "kind" | "choices">;

/**
 * A task's custom fields with some values changed. Keys are in the database's order, choices each once, so that equal
 * values are equal texts.
 *
 * @param people those whom the values name and who can read the project
 * @throws AppError `validation.failed` for a field of elsewhere, or a value that is not of its field's kind
 */
export function changedFields(
  before: Readonly<Record<string, FieldValue>>,
  given: FieldsInput,
  definitions: readonly FieldDefinition[],
  people: readonly string[],
): Record<string, FieldValue> {
  const wanted = new Map(Object.entries(before));
  for (const [fieldId, value] of Object.entries(given)) {
    const definition = definitions.find((field) => field.id === fieldId);
    if (!definition) throw invalid("fields", `The project has no field ${fieldId}.`);
    if (value === null || value === "" || (Array.isArray(value) && value.length === 0)) wanted.delete(fieldId);
    else wanted.set(fieldId, valueIn(definition, value, people));
  }
  return Object.fromEntries([...wanted].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function valueIn(
  { id: fieldId, kind, choices }: FieldDefinition,
  value: FieldValue,
  people: readonly string[],
): FieldValue {
  const isChoice = (choiceId: string) => choices.some((choice) => choice.id === choiceId);
  const fits: Record<FieldView["kind"], boolean> = {
    text: typeof value === "string",
    number: amount.safeParse(value).success,
    date: day.safeParse(value).success,
    person: typeof value === "string" && people.includes(value),
    choice: typeof value === "string" && isChoice(value),
    choices: Array.isArray(value) && value.every(isChoice),
    checkbox: typeof value === "boolean",
    url: address.safeParse(value).success,
  };
  if (!fits[kind]) throw invalid(`fields.${fieldId}`, message[kind]);
  if (Array.isArray(value)) return [...new Set(value)].sort();
  return typeof value === "number" ? value + 0 : value; // no -0, which JSON does not know
}

/** What a task's values lose with a field, or with some of its choices. */
export function fieldsWithout(
  fields: Readonly<Record<string, FieldValue>>,
  fieldId: string,
  lost: readonly string[] | "all",
): Record<string, FieldValue> {
  const { [fieldId]: value, ...others } = fields;
  const kept = lost === "all" || value === undefined ? [] : [value].flat().filter((id) => !lost.includes(`${id}`));
  if (kept.length === 0) return others;
  return { ...fields, [fieldId]: Array.isArray(value) ? (kept as string[]) : (value as FieldValue) };
}

const uuid = z.uuid();
/** The values that may name people. */
export const idsIn = (given: FieldsInput): string[] =>
  Object.values(given).filter((value): value is string => typeof value === "string" && uuid.safeParse(value).success);
