import { z } from "zod";

/** Text that PostgreSQL can hold and JSON can carry: no NUL, no half of a surrogate pair. */
const storable = (text: string) => !text.includes("\u0000") && text.isWellFormed();
const notStorable = "must not contain NUL or unpaired surrogates";

/** Free text, up to `max` UTF-16 code units, kept as written. */
export const text = (max: number) => z.string().max(max).refine(storable, notStorable);

/** A name or title: one line, trimmed, not empty. */
export const name = (max: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(max)
    .refine((value) => storable(value) && !/[\r\n]/.test(value), "must be one line without control characters");

/** Compared without case; kept in lower case. At most 254 characters (RFC 5321 §4.5.3.1). */
export const email = z.string().trim().toLowerCase().max(254).pipe(z.email());

/** In lower case, as the database writes it, so that equal ids are equal texts. */
export const id = z.uuid().toLowerCase();

/** A calendar day, `YYYY-MM-DD`, years 1000 to 9999. */
export const day = z.iso.date();

/** An instant, ISO 8601, UTC. */
export const instant = z.iso.datetime();

/** The version that the client last saw; a stale one is refused. Without it the last write wins. */
export const seenVersion = z.int().min(1).max(2_147_483_647).optional();

/** Keyset pages: `cursor` is what the page before answered as `nextCursor`. */
export const page = {
  limit: z.int().min(1).max(200).default(50),
  cursor: z.string().max(2_000).optional(),
};

export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), nextCursor: z.string().nullable() });
