import { z } from "zod";
import { appRouter } from "../../routers/index.ts";
import type { Access, Meta } from "../../routers/trpc.ts";
import type { Caller } from "./scene.ts";

/** A procedure of the router, as tests that cover all of them see it. */
export interface ProcedureUnderTest {
  /** `tasks.move` */
  readonly path: string;
  readonly type: "query" | "mutation";
  readonly access: Access;
  readonly meta: Meta;
  /** JSON Schema of the input; null where it takes none. */
  readonly input: JsonSchema | null;
  call(caller: Caller, input: unknown): Promise<unknown>;
}

export interface JsonSchema {
  type?: string;
  format?: string;
  pattern?: string;
  enum?: unknown[];
  const?: unknown;
  anyOf?: JsonSchema[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  propertyNames?: JsonSchema;
  additionalProperties?: JsonSchema;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  minItems?: number;
  default?: unknown;
}

interface Definition {
  type: "query" | "mutation";
  meta?: Meta;
  inputs: z.ZodType[];
}

/** Every procedure of the product: a new one is here without being told. */
export const procedures: readonly ProcedureUnderTest[] = Object.entries(
  appRouter._def.procedures as unknown as Record<string, { _def: Definition }>,
).map(([path, { _def }]) => {
  if (!_def.meta) throw new Error(`${path} has no meta: say who may call it, and how over REST`);
  const [input] = _def.inputs;
  return {
    path,
    type: _def.type,
    access: _def.meta.access,
    meta: _def.meta,
    input: input ? (z.toJSONSchema(input, { io: "input", unrepresentable: "any" }) as JsonSchema) : null,
    call: (caller, value) =>
      path.split(".").reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], caller) instanceof Function
        ? (
            path.split(".").reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], caller) as (
              input: unknown,
            ) => Promise<unknown>
          )(value)
        : Promise.reject(new Error(`${path} cannot be called`)),
  };
});

/** Where a generated input takes its values from. */
export interface Values {
  /** An id of an entity, by the field that asks for one: `afterTaskId`. */
  id(field: string): string;
  channel(): string;
  /** One of several, `undefined` included for fields that may be left out. */
  pick<T>(choices: readonly T[]): T;
  text(field: string): string;
  integer(minimum: number, maximum: number): number;
}

/** An input that a schema accepts, filled with the given values. */
export function inputOf(schema: JsonSchema, values: Values, field = ""): unknown {
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return values.pick(schema.enum);
  if (schema.anyOf) return inputOf(values.pick(schema.anyOf), values, field);
  switch (schema.type) {
    case "object":
      // Values by id, as a task's custom fields are.
      if (schema.propertyNames?.format === "uuid")
        return {
          [values.id(field.replace(/s$/, "Id"))]: inputOf(schema.additionalProperties ?? {}, values, "choiceId"),
        };
      return Object.fromEntries(
        Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
          const needed = schema.required?.includes(name) ?? false;
          const absent =
            !needed && (name === "mutationId" || name === "version" || name === "cursor" || values.pick([true, false]));
          return absent ? [] : [[name, inputOf(property, values, name)]];
        }),
      );
    case "array": {
      const least = schema.minItems ?? 0;
      return Array.from({ length: Math.max(least, values.pick([0, 1, 2])) }, () =>
        inputOf(schema.items ?? {}, values, field),
      );
    }
    case "integer":
    case "number":
      return values.integer(Math.max(schema.minimum ?? 0, -1_000), Math.min(schema.maximum ?? 1_000, 1_000));
    case "boolean":
      return values.pick([true, false]);
    case "null":
      return null;
    case "string":
      if (field === "channel" || field === "scope") return values.channel();
      if (schema.format === "uuid") return values.id(field);
      if (schema.format === "date") return values.pick(["2026-01-05", "2026-02-10", "2026-03-15"]);
      if (schema.format === "time") return values.pick(["22:00", "07:30"]);
      if (field === "until") return new Date(Date.now() + 86_400_000).toISOString();
      if (schema.format === "date-time") return "2026-02-10T12:00:00.000Z";
      return values.text(field);
    default:
      throw new Error(`Tell inputOf how to make ${field}: ${JSON.stringify(schema)}`);
  }
}

/** Which entity a field names; `userId` and its like are people. */
export function entityOf(field: string): string {
  const aliases: Record<string, string> = {
    parentId: "task",
    blockerId: "task",
    blockedId: "task",
    linkId: "taskLink",
    assigneeId: "user",
    actorId: "user",
    subjectId: "user",
    targetId: "member",
    createdById: "user",
    removeIds: "user",
    subscriptionId: "pushSubscription",
    threadId: "comment",
    quotedId: "comment",
    id: "choice",
  };
  const stem = field.replace(/Ids?$/, "");
  const known = [
    "organization",
    "invitation",
    "teamMember",
    "team",
    "projectMember",
    "project",
    "status",
    "label",
    "field",
    "choice",
    "transition",
    "sprint",
    "milestone",
    "recurrence",
    "template",
    "reminder",
    "view",
    "taskLink",
    "shareLink",
    "upload",
    "file",
    "task",
    "watch",
    "notification",
    "comment",
    "session",
    "identity",
    "user",
    "member",
    "role",
    "activity",
    "timeEntry",
    "timesheet",
    "rate",
    "serviceAccount",
    "secret",
    "apiToken",
    "assignee",
  ];
  const alias = aliases[field] ?? aliases[field.replace(/s$/, "")];
  const found =
    alias ??
    known.filter((name) => stem.toLowerCase().endsWith(name.toLowerCase())).sort((a, b) => b.length - a.length)[0];
  if (!found) throw new Error(`Tell entityOf which entity ${field} is the id of`);
  return found === "assignee" ? "user" : found;
}
