import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction, write } from "../../transaction.ts";
import { record } from "../change.ts";
import { id, seenVersion } from "../fields.ts";
import { deleteFiles } from "../files/delete-file.ts";
import { requireSeen } from "../save.ts";
import { accessOwnComment } from "./comment.access.ts";
import { findOwnFiles, lockFilesOf } from "./comment.attachments.ts";
import { commentDeleted, commentUnmentioned } from "./comment.events.ts";
import { saveComment } from "./comment.save.ts";
import { type CommentView, type MentionView, mentionColumns } from "./comment.view.ts";

export const deleteCommentInput = z.object({
  commentId: id,
  keepFiles: z
    .boolean()
    .default(false)
    .describe("leave on the task what its author attached; default: delete it, unless another comment carries it too"),
  version: seenVersion,
});

const deleteReactionsStatement = statement(
  "comment.delete-reactions",
  "delete from comments.reactions where comment_id = $1",
);
const deleteAttachmentsStatement = statement(
  "comment.delete-attachments",
  "delete from comments.attachments where comment_id = $1",
);
const deleteMentionsStatement = statement(
  "comment.delete-mentions",
  `delete from comments.mentions mn where mn.comment_id = $1 returning ${mentionColumns}`,
);

/**
 * Takes back what a comment says: one's own, or as a manager anybody's. Its place remains, and so do the replies. Files
 * that came with it and with nothing else go, too; others' files stay on the task. Repeated, it changes nothing.
 *
 * @returns what remains
 * @throws AppError `not-found` | `access.denied` | `stale` | `rule.broken` (in the trash, archived project)
 */
export const deleteComment = (ctx: Ctx, input: z.output<typeof deleteCommentInput>): Promise<CommentView> =>
  inTransaction(ctx, async (ctx) => {
    const [, { comment }] = await Promise.all([
      lockFilesOf(ctx, input.commentId),
      accessOwnComment(ctx, input.commentId, "comment.delete-own", "comment.manage"),
    ]);
    if (comment.deletedAt) return comment;
    requireSeen(comment, input.version);
    const [mentions, fileIds] = await Promise.all([
      ctx.sql.query<MentionView>(deleteMentionsStatement, [comment.id]),
      comment.attachmentIds.length > 0 && !input.keepFiles ? findOwnFiles(ctx, comment) : [],
    ]);
    write(ctx, deleteReactionsStatement, [comment.id]);
    write(ctx, deleteAttachmentsStatement, [comment.id]);
    const deleted = saveComment(ctx, comment, {
      body: "",
      html: "",
      mentionedUserIds: [],
      attachmentIds: [],
      reactions: [],
      pinnedAt: null,
      pinnedById: null,
      deletedAt: ctx.now.toISOString(),
    });
    for (const mention of mentions) record(ctx, commentUnmentioned, mention, null);
    record(ctx, commentDeleted, comment, deleted);
    await deleteFiles(ctx, fileIds);
    return deleted;
  });
