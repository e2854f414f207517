import type { Change, EntityName, EntityViews } from "./types.ts";

/** What a channel holds: by the entity's name, then by id. */
export type Entities = { readonly [E in EntityName]: ReadonlyMap<string, EntityViews[E]> };

/** The part of a change that says how a copy changes. */
export type Effect = Pick<Change, "entity" | "op" | "entityId" | "patch">;

type View = { readonly id: string };
type Maps = Readonly<Record<string, ReadonlyMap<string, View>>>;

const nothing: ReadonlyMap<string, View> = new Map();

/** Names that this channel does not hold, also those of a newer server, read as empty. */
const readable = (maps: Maps): Entities =>
  new Proxy(maps, {
    get: (target, name, receiver) =>
      Reflect.get(target, name, receiver) ?? (typeof name === "string" ? nothing : undefined),
  }) as Entities;

export const noEntities: Entities = readable({});

/** A snapshot's lists, by id. */
export function entitiesOf(lists: { readonly [E in EntityName]?: readonly EntityViews[E][] }): Entities {
  const maps: Record<string, ReadonlyMap<string, View>> = Object.create(null);
  for (const [name, views] of Object.entries(lists)) maps[name] = new Map(views.map((view: View) => [view.id, view]));
  return readable(maps);
}

/**
 * The entities after some changes: create puts the view, update merges the patch into it, delete removes it; one rule
 * for every entity. What no change touches is shared with what was given, which stays as it is.
 */
export function applyChanges(entities: Entities, changes: readonly Effect[]): Entities {
  const before = entities as unknown as Maps;
  const touched: Record<string, Map<string, View>> = Object.create(null);
  for (const { entity, op, entityId, patch } of changes) {
    const views = touched[entity] ?? new Map(before[entity]);
    touched[entity] = views;
    const view = views.get(entityId);
    if (op === "delete") views.delete(entityId);
    else if (op === "create") views.set(entityId, patch as View);
    else if (view) views.set(entityId, { ...view, ...patch });
  }
  return readable(Object.assign(Object.create(null), before, touched));
}

/** The entities after one change. */
export const applyChange = (entities: Entities, change: Effect): Entities => applyChanges(entities, [change]);
