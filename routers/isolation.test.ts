import { expect } from "vitest";
import { entityOf, inputOf, type JsonSchema, procedures } from "../server/testing/procedures.ts";
import { type Scene, test } from "../server/testing/scene.ts";
import { buildWorld, fullValues, plainValues } from "../server/testing/world.ts";

/** What one organization keeps and no id of which may be of any use to another. */
const kept = ["file", "comment", "notification"] as const;

/** Fields of an input that ask for one entity, or for several. */
const fieldsOf = (schema: JsonSchema | null, entity: string) =>
  Object.entries(schema?.properties ?? {}).flatMap(([field, { format, items, anyOf }]) => {
    const isId = format === "uuid" || (anyOf?.some((choice) => choice.format === "uuid") ?? false);
    const isList = items?.format === "uuid";
    if (!(isId || isList) || !/(?<!mutation)Ids?$/.test(field) || entityOf(field) !== entity) return [];
    return [{ field, asked: (id: string) => (isList ? [id] : id) }];
  });

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}/;

/** `not-found`, also where an id only narrows a list and nothing is in it; `useless` for inputs that make no sense. */
const outcomeOf = (call: Promise<unknown>) =>
  call.then(
    (answer) => (uuid.test(JSON.stringify((answer as { items?: unknown }).items ?? answer)) ? { answer } : "not-found"),
    (error) => {
      const code: string = error.cause?.code ?? error.code;
      return code === "validation.failed" || code === "BAD_REQUEST" ? "useless" : code;
    },
  );

const feedOf = (scene: Scene) => scene.app.sql.query("select channel, seq from feed.heads order by channel");

test.for(kept)(
  "no %s of one organization can be got at by another, whichever procedure is tried",
  async (entity, { scene }) => {
    const own = await buildWorld(scene);
    const other = await buildWorld(scene);
    const ids = other.ids[entity] as string[];
    const inputs = [plainValues(own), fullValues(own)]; // some fields go together, others exclude each other
    let tried = 0;
    for (const { path, input, call } of procedures) {
      for (const { field, asked } of fieldsOf(input, entity)) {
        for (const id of ids) {
          const before = await feedOf(scene);
          const outcomes: unknown[] = [];
          for (const values of inputs) {
            const given = { ...(inputOf(input as JsonSchema, values) as object), [field]: asked(id) };
            outcomes.push(await outcomeOf(call(scene.caller(own.people.owner), given)));
          }
          const met = outcomes.filter((outcome) => outcome !== "useless");
          expect(new Set(met), `${path} with ${field}: ${id}`).toEqual(new Set(["not-found"]));
          expect(await feedOf(scene), path).toEqual(before);
          tried += 1;
        }
      }
    }
    expect(tried).toBeGreaterThan(ids.length * 3);
  },
);
