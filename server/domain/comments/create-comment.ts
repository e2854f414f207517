import { v7 } from "uuid";
import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { denied, notFound, ruleBroken } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { id, text } from "../fields.ts";
import { accessTask } from "../tasks/task.access.ts";
import { requireNotTrashed } from "../tasks/task.rules.ts";
import { insertWatches } from "../tasks/task.watches.ts";
import { findCaller, readsInternal, requireNotDeleted } from "./comment.access.ts";
import { attachedFiles, findFiles, requireAttachable, requireContent, saveAttachments } from "./comment.attachments.ts";
import { commentCreated } from "./comment.events.ts";
import { readBody, tellMentioned } from "./comment.mentions.ts";
import { insertComment } from "./comment.save.ts";
import { type CommentView, commentColumns } from "./comment.view.ts";

/** Markdown, up to 50,000 UTF-16 code units, kept as written; not blank unless files are attached. */
export const commentBody = text(50_000);

export const createCommentInput = z.object({
  taskId: id,
  body: commentBody
    .default("")
    .describe("Markdown; names people by `@[name](user:<id>)`, `@[name](team:<id>)` and `@watchers`"),
  fileIds: attachedFiles
    .default([])
    .describe("files on the task to attach, in order; internal exactly if the comment is"),
  threadId: id.nullable().default(null).describe("the comment to reply to; it must begin a thread"),
  quotedId: id.nullable().default(null).describe("a comment on the same task to take up"),
  internal: z
    .boolean()
    .optional()
    .describe("hide it from guests of the organization; default: as its thread is, and a new thread is not"),
});

const othersStatement = statement(
  "comment.others-on-task",
  `select ${commentColumns} from comments.comments c where c.task_id = $1 and c.id = any($2::uuid[])`,
);
const lastStatement = statement(
  "comment.last-on-task",
  `select max(created_at) as "lastAt" from comments.comments where task_id = $1`,
);

/**
 * Says something about a task, in a thread of its own or as a reply. Who is named and can read it is told in their own
 * channel; the author watches the task from now on.
 *
 * @returns the new comment
 * @throws AppError `validation.failed` (says nothing) | `not-found` (task, thread, quoted comment or file) | `access.denied` (also for internal ones, to guests) | `too-large`
 *   | `rule.broken` (reply to a reply, internal in an open thread or the reverse, names too many, locked file, internal file in an open comment
 *   or the reverse, in the trash, archived project)
 */
export const createComment = (ctx: Ctx, input: z.output<typeof createCommentInput>): Promise<CommentView> =>
  inTransaction(ctx, async (ctx) => {
    const { taskId, threadId, quotedId, fileIds } = input;
    const [task, files, caller, others, [last]] = await Promise.all([
      accessTask(ctx, taskId, "comment.create"),
      findFiles(ctx, fileIds),
      findCaller(ctx, taskId),
      ctx.sql.query<CommentView>(othersStatement, [taskId, [threadId, quotedId]]),
      ctx.sql.query<{ lastAt: string | null }>(lastStatement, [taskId]),
    ]);
    requireNotTrashed(task);
    requireContent(input.body, fileIds);
    const insider = readsInternal(ctx.actor, caller?.role);
    const find = (id: string | null) => {
      const found = others.find((other) => other.id === id && (insider || !other.internal));
      if (id && !found) throw notFound("comment", id);
      return found;
    };
    const thread = find(threadId);
    const internal = input.internal ?? thread?.internal ?? false;
    if (internal && !insider) throw denied("comment.internal");
    requireThread(thread, internal);
    requireQuotable(find(quotedId), internal);
    const attachmentIds = requireAttachable(fileIds, files, { taskId, internal, insider });

    const { organizationId, projectId } = task;
    const { userId: authorId } = ctx.actor;
    const place = { organizationId, projectId, taskId, internal, authorId };
    const words = await readBody(ctx, place, input.body, insider);
    const comment: CommentView = {
      id: v7(),
      ...place,
      threadId,
      quotedId,
      authorName: caller?.name ?? "",
      ...words,
      attachmentIds,
      reactions: [],
      resolvedAt: null,
      resolvedById: null,
      pinnedAt: null,
      pinnedById: null,
      editedAt: null,
      deletedAt: null,
      ...momentAfter(ctx.now, last?.lastAt ?? null),
      version: 1,
    };
    insertComment(ctx, comment);
    saveAttachments(ctx, [], comment);
    if (!caller?.watches) insertWatches(ctx, [{ task, userId: authorId }]);
    record(ctx, commentCreated, null, comment);
    await tellMentioned(ctx, comment);
    return comment;
  });

function requireThread(thread: CommentView | undefined, internal: boolean): void {
  if (!thread) return;
  if (thread.threadId)
    throw ruleBroken("comment.one-level", "Reply to the comment that began the thread.", { threadId: thread.threadId });
  if (thread.internal !== internal)
    throw ruleBroken("comment.mixed-thread", "A thread is internal as a whole, or not at all.", {
      threadId: thread.id,
    });
}

function requireQuotable(quoted: CommentView | undefined, internal: boolean): void {
  if (!quoted) return;
  requireNotDeleted(quoted);
  if (quoted.internal && !internal)
    throw ruleBroken("comment.internal-quote", "What is internal cannot be quoted where guests read.", {
      quotedId: quoted.id,
    });
}

/** Comments of a task wait for each other, so the moments of their making can rise strictly, whatever clocks say. */
function momentAfter(now: Date, last: string | null) {
  const at = new Date(Math.max(now.getTime(), last ? Date.parse(last) + 1 : 0)).toISOString();
  return { createdAt: at, updatedAt: at };
}
