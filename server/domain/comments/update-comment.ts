import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { id, seenVersion } from "../fields.ts";
import { requireSeen } from "../save.ts";
import { accessOwnComment, requireNotDeleted } from "./comment.access.ts";
import { commentUpdated } from "./comment.events.ts";
import { readBody, tellMentioned } from "./comment.mentions.ts";
import { saveComment } from "./comment.save.ts";
import type { CommentView } from "./comment.view.ts";
import { commentBody } from "./create-comment.ts";

export const updateCommentInput = z.object({ commentId: id, body: commentBody, version: seenVersion });

/**
 * Puts one's own comment in other words; the earlier ones stay in its history. Only who is named for the first time is
 * told. The same words change nothing.
 *
 * @throws AppError `not-found` | `access.denied` (somebody else's) | `stale` | `too-large`
 *   | `rule.broken` (deleted, names too many, in the trash, archived project)
 */
export const updateComment = (ctx: Ctx, input: z.output<typeof updateCommentInput>): Promise<CommentView> =>
  inTransaction(ctx, async (ctx) => {
    const { comment, internal } = await accessOwnComment(ctx, input.commentId, "comment.update-own");
    requireSeen(comment, input.version);
    requireNotDeleted(comment);
    if (input.body === comment.body) return comment;
    const words = await readBody(ctx, comment, input.body, internal);
    const updated = saveComment(ctx, comment, { ...words, editedAt: ctx.now.toISOString() });
    record(ctx, commentUpdated, comment, updated);
    await tellMentioned(ctx, updated);
    return updated;
  });
