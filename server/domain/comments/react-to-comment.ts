import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { ruleBroken } from "../../errors.ts";
import { type Statement, statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { id } from "../fields.ts";
import { accessComment, requireNotDeleted } from "./comment.access.ts";
import { commentReacted } from "./comment.events.ts";
import type { CommentView } from "./comment.view.ts";

/** One emoji of Unicode's set for general interchange (UTS #51, RGI), skin tones and flags among them. */
const emoji = z
  .string()
  .max(32)
  .refine((text) => /^\p{RGI_Emoji}$/v.test(text), "must be one emoji");

export const reactInput = z.object({ commentId: id, emoji });
type Input = z.output<typeof reactInput>;

const insertStatement = statement(
  "comment.react",
  `insert into comments.reactions (organization_id, comment_id, emoji, user_id) values ($1, $2, $3, $4)
  on conflict (comment_id, emoji, user_id) do nothing`,
);
const deleteStatement = statement(
  "comment.unreact",
  "delete from comments.reactions where organization_id = $1 and comment_id = $2 and emoji = $3 and user_id = $4",
);

const mostEmoji = 20;

/** The order of what remains is the database's to tell, so the comment is read again. */
async function changeReactions(ctx: Ctx, before: CommentView, change: Statement, emoji: string): Promise<CommentView> {
  const [, after] = await Promise.all([
    ctx.sql.query(change, [before.organizationId, before.id, emoji, ctx.actor.userId]),
    accessComment(ctx, before.id, "comment.react"),
  ]);
  return record(ctx, commentReacted, before, after.comment);
}

/**
 * Answers a comment with an emoji; each person each emoji once. Repeated, it changes nothing.
 *
 * @throws AppError `not-found` | `access.denied` | `validation.failed` (no emoji)
 *   | `rule.broken` (too many different ones, deleted, in the trash, archived project)
 */
export const reactToComment = (ctx: Ctx, input: Input): Promise<CommentView> =>
  inTransaction(ctx, async (ctx) => {
    const { comment } = await accessComment(ctx, input.commentId, "comment.react");
    requireNotDeleted(comment);
    const known = comment.reactions.some((reaction) => reaction.emoji === input.emoji);
    if (!known && comment.reactions.length >= mostEmoji)
      throw ruleBroken("comment.too-many-reactions", `A comment has at most ${mostEmoji} different emoji.`);
    return changeReactions(ctx, comment, insertStatement, input.emoji);
  });

/**
 * Takes an emoji back. Repeated, it changes nothing.
 *
 * @throws AppError `not-found` | `access.denied` | `rule.broken` (in the trash, archived project)
 */
export const unreactToComment = (ctx: Ctx, input: Input): Promise<CommentView> =>
  inTransaction(ctx, async (ctx) => {
    const { comment } = await accessComment(ctx, input.commentId, "comment.react");
    return changeReactions(ctx, comment, deleteStatement, input.emoji);
  });
