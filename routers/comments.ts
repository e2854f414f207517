import { z } from "zod";
import { accessComment } from "../server/domain/comments/comment.access.ts";
import { commentViewSchema, readPositionViewSchema } from "../server/domain/comments/comment.view.ts";
import { commentEditSchema, commentHistory, commentHistoryInput } from "../server/domain/comments/comment-history.ts";
import { createComment, createCommentInput } from "../server/domain/comments/create-comment.ts";
import { deleteComment, deleteCommentInput } from "../server/domain/comments/delete-comment.ts";
import {
  commentCountsSchema,
  countComments,
  countCommentsInput,
  listComments,
  listCommentsInput,
} from "../server/domain/comments/list-comments.ts";
import { markRead, markReadInput } from "../server/domain/comments/mark-read.ts";
import { pinComment, pinCommentInput, unpinComment } from "../server/domain/comments/pin-comment.ts";
import { reactInput, reactToComment, unreactToComment } from "../server/domain/comments/react-to-comment.ts";
import { reopenThread, resolveThread, resolveThreadInput } from "../server/domain/comments/resolve-thread.ts";
import { updateComment, updateCommentInput } from "../server/domain/comments/update-comment.ts";
import { id, pageOf } from "../server/domain/fields.ts";
import { mutates, procedure, rest, router } from "./trpc.ts";

export const comments = router({
  get: procedure
    .meta(rest("GET /comments/{commentId}", "Read a comment", { access: "comment.read" }))
    .input(z.strictObject({ commentId: id }))
    .output(commentViewSchema)
    .query(async ({ ctx, input }) => (await accessComment(ctx, input.commentId, "comment.read")).comment),

  list: procedure
    .meta(rest("GET /tasks/{taskId}/comments", "List the comments on a task", { access: "comment.read" }))
    .input(listCommentsInput)
    .output(pageOf(commentViewSchema))
    .query(({ ctx, input }) => listComments(ctx, input)),

  counts: procedure
    .meta(
      rest("GET /comment-counts", "Count the comments on up to 200 tasks", {
        access: "comment.read",
        description: "All, open threads, and what the caller has not read: `?taskIds=…&taskIds=…`.",
      }),
    )
    .input(countCommentsInput)
    .output(z.object({ items: z.array(commentCountsSchema) }))
    .query(({ ctx, input }) => countComments(ctx, input)),

  history: procedure
    .meta(
      rest("GET /comments/{commentId}/history", "Read how a comment was put in other words", {
        access: "comment.read",
        description: "The latest comes first.",
      }),
    )
    .input(commentHistoryInput)
    .output(pageOf(commentEditSchema))
    .query(({ ctx, input }) => commentHistory(ctx, input)),

  create: procedure
    .meta(
      rest("POST /tasks/{taskId}/comments", "Comment on a task, or reply to a comment", {
        access: "comment.create",
        description: "Follow the channels `task:<taskId>` and, unless you are a guest, `task-internal:<taskId>`.",
      }),
    )
    .input(mutates(createCommentInput))
    .output(commentViewSchema)
    .mutation(({ ctx, input }) => createComment(ctx, input)),

  update: procedure
    .meta(rest("PATCH /comments/{commentId}", "Put my comment in other words", { access: "comment.update-own" }))
    .input(mutates(updateCommentInput))
    .output(commentViewSchema)
    .mutation(({ ctx, input }) => updateComment(ctx, input)),

  delete: procedure
    .meta(
      rest("DELETE /comments/{commentId}", "Take back what a comment says", {
        access: "comment.delete-own",
        description: "Its place in the thread remains. Managers may do so with anybody's comment.",
      }),
    )
    .input(mutates(deleteCommentInput))
    .output(commentViewSchema)
    .mutation(({ ctx, input }) => deleteComment(ctx, input)),

  react: procedure
    .meta(rest("POST /comments/{commentId}/reactions", "React to a comment", { access: "comment.react" }))
    .input(mutates(reactInput))
    .output(commentViewSchema)
    .mutation(({ ctx, input }) => reactToComment(ctx, input)),

  unreact: procedure
    .meta(rest("DELETE /comments/{commentId}/reactions", "Take a reaction back", { access: "comment.react" }))
    .input(mutates(reactInput))
    .output(commentViewSchema)
    .mutation(({ ctx, input }) => unreactToComment(ctx, input)),

  resolve: procedure
    .meta(rest("POST /comments/{commentId}/resolve", "Resolve a thread", { access: "comment.resolve" }))
    .input(mutates(resolveThreadInput))
    .output(commentViewSchema)
    .mutation(({ ctx, input }) => resolveThread(ctx, input)),

  reopen: procedure
    .meta(rest("POST /comments/{commentId}/reopen", "Open a resolved thread again", { access: "comment.resolve" }))
    .input(mutates(resolveThreadInput))
    .output(commentViewSchema)
    .mutation(({ ctx, input }) => reopenThread(ctx, input)),

  pin: procedure
    .meta(rest("PUT /comments/{commentId}/pin", "Pin a comment", { access: "comment.pin" }))
    .input(mutates(pinCommentInput))
    .output(commentViewSchema)
    .mutation(({ ctx, input }) => pinComment(ctx, input)),

  unpin: procedure
    .meta(rest("DELETE /comments/{commentId}/pin", "Unpin a comment", { access: "comment.pin" }))
    .input(mutates(pinCommentInput))
    .output(commentViewSchema)
    .mutation(({ ctx, input }) => unpinComment(ctx, input)),

  markRead: procedure
    .meta(
      rest("PUT /tasks/{taskId}/read-position", "Note how far I have read the comments on a task", {
        access: "comment.read",
        description: "It only goes forward.",
      }),
    )
    .input(mutates(markReadInput))
    .output(readPositionViewSchema)
    .mutation(({ ctx, input }) => markRead(ctx, input)),
});
