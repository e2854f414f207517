import { z } from "zod";
import { invalid } from "../../errors.ts";
import { day } from "../fields.ts";
import type { FieldView } from "../projects/workflow.view.ts";
import type { FieldDefinition } from "./task.fields.ts";
import type { Values } from "./task.filter.ts";
import type { Key } from "./task.sort.ts";

const operators = ["is", "not", "lt", "le", "gt", "ge", "contains", "empty", "set"] as const;
type Operator = (typeof operators)[number];

/** One condition as a text, so that it reads the same in a query string: `<field>:<operator>:<value>`. */
type FieldCondition = `${string}:${Operator}:${string}`;
const conditionPattern = new RegExp(
  `^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}:(?:${operators.join("|")}):[^]{0,2000}$`,
);
/* A plain string to whatever reads the schema: a query of REST has nothing else. */
const fieldCondition = z.string().regex(conditionPattern, "must be like <fieldId>:is:<value>") as unknown as z.ZodType<
  FieldCondition,
  FieldCondition
>;
export const fieldFilters = z
  .array(fieldCondition)
  .min(1)
  .max(20)
  .optional()
  .describe(
    "custom fields: `<fieldId>:<operator>:<value>` with `is`, `not`, `lt`, `le`, `gt`, `ge`, `contains`, `empty`, `set`; several `is` of one field: any of them; `me` for people",
  );

const operatorsOf: Record<FieldView["kind"], readonly Operator[]> = {
  text: ["is", "not", "contains", "empty", "set"],
  url: ["is", "not", "contains", "empty", "set"],
  number: ["is", "not", "lt", "le", "gt", "ge", "empty", "set"],
  date: ["is", "not", "lt", "le", "gt", "ge", "empty", "set"],
  person: ["is", "not", "empty", "set"],
  choice: ["is", "not", "empty", "set"],
  choices: ["is", "not", "empty", "set"],
  checkbox: ["is", "not", "empty", "set"],
};
const signs = { lt: "<", le: "<=", gt: ">", ge: ">=" } as const;

interface Condition {
  field: FieldDefinition;
  operator: Operator;
  value: string;
}

/** The id of the field that a condition is about. */
export const fieldOf = (condition: string) => condition.slice(0, 36);

/** @throws AppError `validation.failed` for fields of elsewhere and what their kind does not know */
function read(condition: string, definitions: readonly FieldDefinition[]): Condition {
  const fieldId = fieldOf(condition).toLowerCase();
  const rest = condition.slice(37);
  const operator = rest.slice(0, rest.indexOf(":")) as Operator;
  const field = definitions.find(({ id }) => id === fieldId);
  if (!field) throw invalid("fieldFilters", `The project has no field ${fieldId}.`);
  if (!operatorsOf[field.kind].includes(operator))
    throw invalid("fieldFilters", `A field of the kind ${field.kind} cannot be asked with ${operator}.`);
  return { field, operator, value: rest.slice(operator.length + 1) };
}

/** A value of a filter as the column holds it. @throws AppError `validation.failed` */
function valueFor({ field: { kind }, value }: Condition, userId: string): string | number | boolean | string[] {
  if (kind === "number") {
    const number = value.trim() === "" ? Number.NaN : Number(value);
    if (!Number.isFinite(number)) throw invalid("fieldFilters", `${value} is no number.`);
    return number;
  }
  if (kind === "date" && !day.safeParse(value).success) throw invalid("fieldFilters", `${value} is no day.`);
  if (kind === "checkbox" && value !== "true" && value !== "false")
    throw invalid("fieldFilters", "A checkbox is true or false.");
  if (kind === "checkbox") return value === "true";
  if (kind === "person") return value === "me" ? userId : value;
  return kind === "choices" ? [value] : value;
}

/**
 * The conditions on a row `t` of tasks.tasks. Equality asks the index of values, all else looks at the project's tasks.
 * Fixed texts and bound values, as everywhere.
 *
 * @throws AppError `validation.failed`
 */
export function fieldConditions(
  given: readonly string[],
  definitions: readonly FieldDefinition[],
  userId: string,
  values: Values,
): string[] {
  const conditions = given.map((condition) => read(condition, definitions));
  const holds = (condition: Condition) => {
    const value = { [condition.field.id]: valueFor(condition, userId) };
    return `(t.fields <> '{}'::jsonb and t.fields @> ${values.bind(JSON.stringify(value))}::jsonb)`;
  };
  const equal = Map.groupBy(
    conditions.filter(({ operator }) => operator === "is"),
    ({ field }) => field.id,
  );
  const others = conditions.filter(({ operator }) => operator !== "is");
  return [
    ...[...equal.values()].map((alternatives) => `(${alternatives.map(holds).join(" or ")})`),
    ...others.map((condition) => {
      const { field, operator, value } = condition;
      if (operator === "not") return `not ${holds(condition)}`;
      const key = `${values.bind(field.id)}::text`;
      if (operator === "set") return `t.fields ? ${key}`;
      if (operator === "empty") return `not t.fields ? ${key}`;
      if (operator === "contains") return `strpos(lower(t.fields ->> ${key}), lower(${values.bind(value)}::text)) > 0`;
      const type = field.kind === "number" ? "float8" : "date";
      const bound = values.bind(valueFor(condition, userId));
      return `(t.fields ->> ${key})::${type} ${signs[operator as keyof typeof signs]} ${bound}::${type}`;
    }),
  ];
}

const word = z.string().max(300).nullable();
const place = z.int().nullable();

/** What sorts tasks by a custom field; tasks without a value come last. Choices are in their field's order. */
export function fieldKey({ id, kind, choices }: FieldDefinition, values: Values): Key {
  const key = `${values.bind(id)}::text`;
  const value = `t.fields ->> ${key}`;
  const order = () => `${values.bind(choices.map((choice) => choice.id))}::text[]`;
  switch (kind) {
    case "number":
      return { sql: `(${value})::float8`, type: "float8", value: z.number().nullable() };
    case "date":
      return { sql: `(${value})::date`, type: "date", value: day.nullable() };
    case "checkbox":
      return { sql: `(${value})::boolean::int`, type: "int", value: place };
    case "person":
      return {
        sql: `(select left(lower(u.name), 150) collate "C" from auth.users u where u.id = (${value})::uuid)`,
        type: "text",
        value: word,
      };
    case "choice":
      return { sql: `array_position(${order()}, ${value})`, type: "int", value: place };
    case "choices":
      return {
        sql: `(select min(array_position(${order()}, c.id)) from jsonb_array_elements_text(t.fields -> ${key}) c (id))`,
        type: "int",
        value: place,
      };
    default:
      return { sql: `left(lower(${value}), 150) collate "C"`, type: "text", value: word };
  }
}
