import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { ruleBroken } from "../../errors.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { id, seenVersion } from "../fields.ts";
import { requireSeen } from "../save.ts";
import { accessComment } from "./comment.access.ts";
import { threadReopened, threadResolved } from "./comment.events.ts";
import { saveComment } from "./comment.save.ts";
import type { CommentView } from "./comment.view.ts";

export const resolveThreadInput = z.object({
  commentId: id.describe("the one that begins the thread"),
  version: seenVersion,
});
type Input = z.output<typeof resolveThreadInput>;

async function accessThread(ctx: Ctx, { commentId, version }: Input): Promise<CommentView> {
  const { comment } = await accessComment(ctx, commentId, "comment.resolve");
  requireSeen(comment, version);
  if (comment.threadId)
    throw ruleBroken("comment.not-a-thread", "Name the comment that began the thread.", { threadId: comment.threadId });
  return comment;
}

/**
 * Settles a thread. One that is settled stays as it is; replies remain possible.
 *
 * @throws AppError `not-found` | `access.denied` | `stale` | `rule.broken` (a reply, in the trash, archived project)
 */
export const resolveThread = (ctx: Ctx, input: Input): Promise<CommentView> =>
  inTransaction(ctx, async (ctx) => {
    const thread = await accessThread(ctx, input);
    if (thread.resolvedAt) return thread;
    const resolved = { resolvedAt: ctx.now.toISOString(), resolvedById: ctx.actor.userId };
    return record(ctx, threadResolved, thread, saveComment(ctx, thread, resolved));
  });

/**
 * Opens a settled thread again. One that is open stays as it is.
 *
 * @throws AppError `not-found` | `access.denied` | `stale` | `rule.broken` (a reply, in the trash, archived project)
 */
export const reopenThread = (ctx: Ctx, input: Input): Promise<CommentView> =>
  inTransaction(ctx, async (ctx) => {
    const thread = await accessThread(ctx, input);
    if (!thread.resolvedAt) return thread;
    return record(ctx, threadReopened, thread, saveComment(ctx, thread, { resolvedAt: null, resolvedById: null }));
  });
