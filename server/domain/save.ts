import type { EntityClass, RequiredEntityData } from "@mikro-orm/core";
import type { Ctx, PublicCtx } from "../context.ts";
import { stale } from "../errors.ts";

interface Versioned {
  id: string;
  createdAt: string;
  updatedAt: string;
  version: number;
}

/** An entity's columns as its view has them: instants as ISO strings, hidden ones left out. */
const columnsOf = (entity: object) => JSON.parse(JSON.stringify(entity));

type NewRow<E extends object> = Omit<RequiredEntityData<E>, "id" | "createdAt" | "updatedAt" | "version"> & {
  id?: string;
};

/**
 * Inserts rows of one table with one statement.
 *
 * @returns their columns, shaped as in their views
 */
export async function insertAll<E extends object, V>(
  ctx: Ctx,
  type: EntityClass<E>,
  rows: readonly NewRow<E>[],
): Promise<V[]> {
  const entities = rows.map((row) => {
    const stamped = { ...row, createdAt: ctx.now, updatedAt: ctx.now } as unknown as RequiredEntityData<E>;
    return ctx.em.create(type, stamped);
  });
  await ctx.em.flush();
  return entities.map(columnsOf);
}

/** The same for one row. */
export async function insert<E extends object, V>(ctx: Ctx, type: EntityClass<E>, row: NewRow<E>): Promise<V> {
  const [inserted] = await insertAll<E, V>(ctx, type, [row]);
  return inserted as V;
}

/**
 * Writes what differs between an entity's view and the wanted fields, as its next version; a field that is `undefined`
 * stays. Nothing is written when nothing differs. The row must be locked since the view was read.
 *
 * @returns the view after the write
 */
export async function save<V extends Versioned>(
  ctx: PublicCtx,
  type: EntityClass<object>,
  before: V,
  wanted: Partial<Omit<V, keyof Versioned>>,
): Promise<V> {
  const changed = Object.fromEntries(
    Object.entries(wanted).filter(([field, value]) => value !== undefined && before[field as keyof V] !== value),
  );
  if (Object.keys(changed).length === 0) return before;
  const entity = ctx.em.merge(type, toColumns(ctx, type, before), { refresh: true });
  Object.assign(entity, toColumns(ctx, type, changed), { updatedAt: ctx.now });
  await ctx.em.flush();
  return { ...before, ...columnsOf(entity) };
}

/** Those fields of a view that are columns of its entity, as the unit of work holds them. */
function toColumns(ctx: PublicCtx, type: EntityClass<object>, fields: object): object {
  const { properties } = ctx.em.getMetadata(type) as { properties: Record<string, { runtimeType: string }> };
  return Object.fromEntries(
    Object.entries(fields).flatMap(([field, value]) => {
      const column = properties[field];
      if (!column) return [];
      return [[field, column.runtimeType === "Date" && value !== null ? new Date(value) : value]];
    }),
  );
}

/** @throws AppError `stale`, with the current view, when the client has seen another version */
export function requireSeen(current: Versioned, seen: number | undefined): void {
  if (seen !== undefined && seen !== current.version) throw stale(current);
}
