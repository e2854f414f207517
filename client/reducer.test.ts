import fc from "fast-check";
import { expect, test } from "vitest";
import { applyChange, applyChanges, type Effect, type Entities, entitiesOf, noEntities } from "./reducer.ts";

const view = (id: string, title: string) => ({ id, title }) as never;
const plain = (entities: Entities) =>
  Object.fromEntries(Object.entries(entities).map(([name, views]) => [name, Object.fromEntries(views)]));

const entities = entitiesOf({ task: [view("a", "old"), view("b", "old")], label: [view("l", "red")] });
const update: Effect = { entity: "task", op: "update", entityId: "a", patch: { title: "new" } };

test("create puts a view, update merges into it, delete removes it", () => {
  const created = applyChange(entities, {
    entity: "task",
    op: "create",
    entityId: "c",
    patch: { id: "c", title: "c" },
  });
  expect(created.task.get("c")).toEqual({ id: "c", title: "c" });
  expect(applyChange(entities, update).task.get("a")).toEqual({ id: "a", title: "new" });
  expect([...applyChange(entities, { ...update, op: "delete", patch: {} }).task.keys()]).toEqual(["b"]);
});

test("an update or a delete of what is not there changes nothing", () => {
  const unknown = { ...update, entityId: "z" };
  expect(plain(applyChanges(entities, [unknown, { ...unknown, op: "delete" }]))).toEqual(plain(entities));
});

test("what is not touched is shared, and what was given stays as it was", () => {
  const after = applyChange(entities, update);

  expect(after.label).toBe(entities.label);
  expect(after.task.get("b")).toBe(entities.task.get("b"));
  expect(entities.task.get("a")).toEqual({ id: "a", title: "old" });
});

test("an entity that is not there reads as empty, one of a newer server is kept like any other", () => {
  expect(noEntities.task.size).toBe(0);
  expect(entities.watch.size).toBe(0);
  const later = applyChange(entities, { entity: "__proto__", op: "create", entityId: "x", patch: { id: "x" } });
  expect(Object.keys(later)).toEqual(["task", "label", "__proto__"]);
});

const effect = fc.record<Effect>({
  entity: fc.constantFrom("task", "label"),
  op: fc.constantFrom("create", "update", "delete"),
  entityId: fc.constantFrom("a", "b", "c"),
  patch: fc.record({ title: fc.string() }),
});

test("many changes at once come to the same as one after the other", () => {
  fc.assert(
    fc.property(fc.array(effect), (changes) => {
      expect(plain(applyChanges(entities, changes))).toEqual(plain(changes.reduce(applyChange, entities)));
    }),
  );
});
