import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { pageFrom, placeOf } from "../cursor.ts";
import { id, page } from "../fields.ts";
import { accessComment, requireNotDeleted } from "./comment.access.ts";
import { commentUpdated } from "./comment.events.ts";

export const commentHistoryInput = z.strictObject({ commentId: id, ...page });

export const commentEditSchema = z
  .object({
    id: z.uuid().describe("of the change"),
    at: z.iso.datetime(),
    from: z.string().describe("the body until then"),
    to: z.string().describe("the body from then on"),
  })
  .meta({ id: "CommentEdit" });
type CommentEdit = z.output<typeof commentEditSchema>;

const historyStatement = statement(
  "comment.history",
  `select c.id, c.at, c.before ->> 'body' as "from", c.patch ->> 'body' as "to", c.seq::text as "sortText"
  from feed.changes c
  where c.entity_id = $1 and c.type = '${commentUpdated.type}' and c.patch ->> 'body' is not null and ($2::bigint is null or c.seq < $2)
  order by c.seq desc limit $3`,
);

/**
 * How its author has put a comment in other words, the latest first. A deleted one has no history any more.
 *
 * @throws AppError `not-found` | `validation.failed` (cursor) | `rule.broken` (deleted, in the trash)
 */
export async function commentHistory(ctx: Ctx, { commentId, cursor, limit }: z.output<typeof commentHistoryInput>) {
  const [seq] = placeOf(cursor);
  const [{ comment }, rows] = await Promise.all([
    accessComment(ctx, commentId, "comment.read"),
    ctx.sql.query<CommentEdit & { sortText: string }>(historyStatement, [commentId, seq, limit + 1]),
  ]);
  requireNotDeleted(comment);
  return pageFrom(rows, limit);
}
