import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { id, seenVersion } from "../fields.ts";
import { requireSeen } from "../save.ts";
import { accessComment, requireNotDeleted } from "./comment.access.ts";
import { commentPinned, commentUnpinned } from "./comment.events.ts";
import { saveComment } from "./comment.save.ts";
import type { CommentView } from "./comment.view.ts";

export const pinCommentInput = z.object({ commentId: id, version: seenVersion });
type Input = z.output<typeof pinCommentInput>;

async function accessPinnable(ctx: Ctx, { commentId, version }: Input): Promise<CommentView> {
  const { comment } = await accessComment(ctx, commentId, "comment.pin");
  requireSeen(comment, version);
  return comment;
}

/**
 * Keeps a comment in view. One that is pinned stays as it is.
 *
 * @throws AppError `not-found` | `access.denied` | `stale` | `rule.broken` (deleted, in the trash, archived project)
 */
export const pinComment = (ctx: Ctx, input: Input): Promise<CommentView> =>
  inTransaction(ctx, async (ctx) => {
    const comment = await accessPinnable(ctx, input);
    requireNotDeleted(comment);
    if (comment.pinnedAt) return comment;
    const pinned = { pinnedAt: ctx.now.toISOString(), pinnedById: ctx.actor.userId };
    return record(ctx, commentPinned, comment, saveComment(ctx, comment, pinned));
  });

/**
 * Lets go of a pinned comment. One that is not pinned stays as it is.
 *
 * @throws AppError `not-found` | `access.denied` | `stale` | `rule.broken` (in the trash, archived project)
 */
export const unpinComment = (ctx: Ctx, input: Input): Promise<CommentView> =>
  inTransaction(ctx, async (ctx) => {
    const comment = await accessPinnable(ctx, input);
    if (!comment.pinnedAt) return comment;
    return record(ctx, commentUnpinned, comment, saveComment(ctx, comment, { pinnedAt: null, pinnedById: null }));
  });
