import { z } from "zod";
import { invalid } from "../../errors.ts";
import { day, instant } from "../fields.ts";
import type { Values } from "./task.filter.ts";
import { priorities } from "./task.view.ts";

export const sortNames = [
  "board",
  "number",
  "title",
  "priority",
  "dueOn",
  "createdAt",
  "updatedAt",
  "completedAt",
] as const;
export type SortName = (typeof sortNames)[number];

export const taskSort = {
  sort: z.enum(sortNames).describe("`board`: statuses in their order, tasks as they stand; absent dates come last"),
  order: z.enum(["asc", "desc"]).default("asc"),
};

export interface Key {
  sql: string;
  type: "text" | "uuid" | "int" | "float8" | "date" | "timestamptz";
  /** What a cursor may hold for it. */
  value: z.ZodType<string | number | null>;
  /** What stands for an absent one in an order, where one index shall serve all of it. */
  absent?: Readonly<Record<Sort["order"], string>>;
}

const rank = z.string().max(64);
const instantOrNone = instant.nullable();
const importance = `case t.priority ${priorities.map((name, at) => `when '${name}' then ${at}`).join(" ")} end`;

/** Each sort is a fixed list of expressions; the task's id decides between equals. Only a sole key may be null. */
const sorts: Record<SortName, readonly [Key, ...Key[]]> = {
  board: [
    { sql: "s.rank", type: "text", value: rank },
    { sql: "s.id", type: "uuid", value: z.uuid() },
    { sql: "t.rank", type: "text", value: rank },
  ],
  number: [{ sql: "t.number", type: "int", value: z.int() }],
  title: [{ sql: `left(lower(t.title), 150) collate "C"`, type: "text", value: z.string().max(300) }],
  priority: [{ sql: importance, type: "int", value: z.int() }],
  dueOn: [{ sql: "t.due_on", type: "date", value: day.nullable(), absent: { asc: "'infinity'", desc: "'-infinity'" } }],
  createdAt: [{ sql: "t.created_at", type: "timestamptz", value: instant }],
  updatedAt: [{ sql: "t.updated_at", type: "timestamptz", value: instant }],
  completedAt: [{ sql: "t.completed_at", type: "timestamptz", value: instantOrNone }],
};

export interface Sort {
  sort: SortName;
  order: "asc" | "desc";
}

/** By a custom field, which tells its key, and what cursors of this order are known by. */
export interface FieldSort {
  sort: `field:${string}`;
  order: "asc" | "desc";
  key: Key;
}
type AnySort = Sort | FieldSort;

/** What may be absent sorts last either way; what may not is left without a word, so that an index can be read backwards. */
const canBeNull = ({ value, absent }: Key): boolean => !absent && value.safeParse(null).success;
/** A key, or a cursor's place in it, as it is compared. */
const compared = ({ type, absent }: Key, order: Sort["order"], sql: string): string =>
  absent ? `coalesce(${sql}, ${absent[order]}::${type})` : sql;

const keysOf = (sort: AnySort): readonly [Key, ...Key[]] => ("key" in sort ? [sort.key] : sorts[sort.sort]);

/** The parts of a statement that sort it and begin it behind a cursor. */
export interface Paging {
  columns: string;
  conditions: string[];
  orderBy: string;
}

/** @throws AppError `validation.failed` for a cursor that no page of this sort answered */
export function pagingOf(sort: AnySort, cursor: string | undefined, values: Values): Paging {
  const keys = keysOf(sort);
  const { order } = sort;
  return {
    columns: keys.map((key, at) => `${key.sql} as "sort${at}"`).join(", "),
    conditions: cursor === undefined ? [] : behind(keys, order, readCursor(sort, cursor), values),
    orderBy: `${keys.map((key) => `${compared(key, order, key.sql)} ${order}${canBeNull(key) ? " nulls last" : ""}`).join(", ")}, t.id ${order}`,
  };
}

interface Place {
  keys: (string | number | null)[];
  id: string;
}

function behind(keys: readonly [Key, ...Key[]], order: "asc" | "desc", place: Place, values: Values): string[] {
  const than = order === "asc" ? ">" : "<";
  const id = `${values.bind(place.id)}::uuid`;
  const [first] = keys;
  const { sql } = first;
  if (place.keys[0] === null && canBeNull(first)) return [`(${sql} is null and t.id ${than} ${id})`];
  const bound = keys.map((key, at) => compared(key, order, `${values.bind(place.keys[at])}::${key.type}`));
  const later = `(${keys.map((key) => compared(key, order, key.sql)).join(", ")}, t.id) ${than} (${bound.join(", ")}, ${id})`;
  if (keys.length === 1) return [canBeNull(first) ? `(${later} or ${sql} is null)` : later];
  // The board: what `later` says as a bound on the index of each status. No rank is above "~".
  const [rank, statusId, taskRank] = bound;
  const open = order === "asc" ? "''" : "'~'";
  return [
    later,
    `(s.rank, s.id) ${than}= (${rank}, ${statusId})`,
    `t.rank ${than}= case when s.id = ${statusId} then ${taskRank} else ${open} end`,
  ];
}

/** Opaque to clients: sort, order, keys and id of the last task of a page. */
const cursorSchema = (sort: AnySort) =>
  z.tuple([
    z.literal(sort.sort),
    z.literal(sort.order),
    z.tuple(keysOf(sort).map((key) => key.value) as [Key["value"], ...Key["value"][]]),
    z.uuid(),
  ]);

function readCursor(sort: AnySort, cursor: string): Place {
  try {
    const [, , keys, id] = cursorSchema(sort).parse(JSON.parse(Buffer.from(cursor, "base64url").toString()));
    return { keys, id };
  } catch {
    throw invalid("cursor", "must be a nextCursor of this list in this order");
  }
}

/** A page of rows that were read up to `limit + 1`, without their sort columns. */
export function sortedPage<Row extends { id: string }>(sort: AnySort, rows: readonly Row[], limit: number) {
  const placeOf = (row: Row) => keysOf(sort).map((_, at) => (row as Record<string, unknown>)[`sort${at}`]);
  const items = rows.slice(0, limit);
  const last = rows.length > limit ? items.at(-1) : undefined;
  return {
    items: items.map((row) => {
      const view: Record<string, unknown> = { ...row };
      for (const at of keysOf(sort).keys()) delete view[`sort${at}`];
      return view as Row;
    }),
    nextCursor: last
      ? Buffer.from(JSON.stringify([sort.sort, sort.order, placeOf(last), last.id])).toString("base64url")
      : null,
  };
}
