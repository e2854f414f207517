import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { id, seenVersion } from "../fields.ts";
import { requireSeen } from "../save.ts";
import { accessOwnComment, requireNotDeleted } from "./comment.access.ts";
import { attachedFiles, findFiles, requireAttachable, requireContent, saveAttachments } from "./comment.attachments.ts";
import { commentUpdated } from "./comment.events.ts";
import { readBody, tellMentioned } from "./comment.mentions.ts";
import { saveComment } from "./comment.save.ts";
import type { CommentView } from "./comment.view.ts";
import { commentBody } from "./create-comment.ts";

export const updateCommentInput = z.object({
  commentId: id,
  body: commentBody.optional(),
  fileIds: attachedFiles
    .optional()
    .describe("all files it is to carry, in order; those left out stay on the task. Default: as they are"),
  version: seenVersion,
});

/**
 * Puts one's own comment in other words; the earlier ones stay in its history. Only who is named for the first time is
 * told. The same words and files change nothing.
 *
 * @throws AppError `validation.failed` (says nothing) | `not-found` (comment, file) | `access.denied` (somebody else's) | `stale` | `too-large`
 *   | `rule.broken` (deleted, names too many, locked file, internal file in an open comment or the reverse, in the trash,
 *   archived project)
 */
export const updateComment = (ctx: Ctx, input: z.output<typeof updateCommentInput>): Promise<CommentView> =>
  inTransaction(ctx, async (ctx) => {
    const [files, { comment, internal: insider }] = await Promise.all([
      findFiles(ctx, input.fileIds),
      accessOwnComment(ctx, input.commentId, "comment.update-own"),
    ]);
    requireSeen(comment, input.version);
    requireNotDeleted(comment);
    const { body = comment.body, fileIds } = input;
    const attachmentIds = fileIds ? requireAttachable(fileIds, files, { ...comment, insider }) : comment.attachmentIds;
    requireContent(body, attachmentIds);
    const sameFiles = attachmentIds.join() === comment.attachmentIds.join();
    if (body === comment.body && sameFiles) return comment;
    const words = body === comment.body ? {} : await readBody(ctx, comment, body, insider);
    const updated = saveComment(ctx, comment, { ...words, attachmentIds, editedAt: ctx.now.toISOString() });
    if (!sameFiles) saveAttachments(ctx, comment.attachmentIds, updated);
    record(ctx, commentUpdated, comment, updated);
    await tellMentioned(ctx, updated);
    return updated;
  });
