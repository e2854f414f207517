import { z } from "zod";
import { invalid } from "../errors.ts";

/**
 * A query as what a schema makes of it.
 *
 * @param url of the request, with its query
 * @throws AppError `validation.failed`, which names the first field that is not as it should be
 */
export function queryOf<Fields extends Readonly<Record<string, z.ZodType>>>(
  schema: z.ZodObject<Fields>,
  url: string | undefined,
): z.output<z.ZodObject<Fields>> {
  const given = new URLSearchParams(url?.split("?", 2)[1] ?? "");
  const parsed = schema.strict().safeParse(valuesOf(schema.shape, given));
  if (parsed.success) return parsed.data as z.output<z.ZodObject<Fields>>;
  const [issue] = parsed.error.issues;
  const [field] = issue?.code === "unrecognized_keys" ? issue.keys : (issue?.path ?? []);
  throw invalid(String(field ?? ""), issue?.message ?? "is not valid");
}

/**
 * Values of a query or path as the JSON that a procedure expects: numbers and booleans by their usual text, lists from
 * repeated keys. Text that does not fit stays text, so that the procedure's own check says what is wrong.
 */
export function valuesOf(
  fields: Readonly<Record<string, z.ZodType>>,
  given: Iterable<readonly [key: string, text: string]>,
): Record<string, unknown> {
  const texts = new Map<string, string[]>();
  for (const [key, text] of given) {
    const earlier = texts.get(key);
    if (earlier) earlier.push(text);
    else texts.set(key, [text]);
  }
  const values: Record<string, unknown> = Object.create(null);
  for (const [key, list] of texts) {
    values[key] = fieldValue(Object.hasOwn(fields, key) ? core(fields[key]!) : null, list);
  }
  return { ...values };
}

function fieldValue(schema: z.ZodType | null, texts: readonly string[]): unknown {
  if (schema instanceof z.ZodArray) {
    const element = core(schema.element as z.ZodType);
    return texts.map((text) => scalar(element, text));
  }
  return texts.length === 1 ? scalar(schema, texts[0]!) : texts;
}

function scalar(schema: z.ZodType | null, text: string): unknown {
  if (schema instanceof z.ZodNumber) return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
  if (schema instanceof z.ZodBoolean) return text === "true" ? true : text === "false" ? false : text;
  return text;
}

/** What a field is below `.optional()`, `.default()`, `.nullable()`, `.readonly()` and transformations. */
function core(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodPipe) return core(schema.in as z.ZodType);
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodReadonly
  )
    return core(schema.unwrap() as z.ZodType);
  return schema;
}
