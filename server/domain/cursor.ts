import { z } from "zod";
import { invalid } from "../errors.ts";

/** Where a page ended, in a list that is sorted by a text and then by id. */
const place = z.tuple([z.string().max(1_000), z.uuid()]);

/** The place after which a page begins; nulls for the first page. */
export function placeOf(cursor: string | undefined): readonly [sort: string | null, id: string | null] {
  if (cursor === undefined) return [null, null];
  try {
    return place.parse(JSON.parse(Buffer.from(cursor, "base64url").toString()));
  } catch {
    throw invalid("cursor", "must be a nextCursor of this list");
  }
}

interface Sorted {
  id: string;
  sortText: string;
}

/** A page of rows that were read up to `limit + 1`. */
export function pageFrom<Row extends Sorted>(rows: Row[], limit: number) {
  const items = rows.slice(0, limit);
  const last = rows.length > limit ? items.at(-1) : undefined;
  return {
    items: items.map(({ sortText: _, ...view }) => view),
    nextCursor: last ? Buffer.from(JSON.stringify([last.sortText, last.id])).toString("base64url") : null,
  };
}
