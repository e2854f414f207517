import type { Ctx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { write } from "../../transaction.ts";
import type { CommentView } from "./comment.view.ts";

const insertStatement = statement(
  "comment.insert",
  `insert into comments.comments (id, organization_id, project_id, task_id, thread_id, quoted_id, internal, author_id, author_name, body, html,
    mentioned_user_ids, created_at, updated_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)`,
);
const updateStatement = statement(
  "comment.update",
  `update comments.comments set body = $2, html = $3, mentioned_user_ids = $4, resolved_at = $5, resolved_by_id = $6, pinned_at = $7,
    pinned_by_id = $8, edited_at = $9, deleted_at = $10, version = $11, updated_at = $12
  where id = $1`,
);

export function insertComment(ctx: Ctx, comment: CommentView): void {
  write(ctx, insertStatement, [
    comment.id,
    comment.organizationId,
    comment.projectId,
    comment.taskId,
    comment.threadId,
    comment.quotedId,
    comment.internal,
    comment.authorId,
    comment.authorName,
    comment.body,
    comment.html,
    comment.mentionedUserIds,
    comment.createdAt,
  ]);
}

/** What a comment says and how it stands; all else stays as it was written. */
type Wanted = Partial<
  Pick<
    CommentView,
    | "body"
    | "html"
    | "mentionedUserIds"
    | "attachmentIds"
    | "reactions"
    | "resolvedAt"
    | "resolvedById"
    | "pinnedAt"
    | "pinnedById"
    | "editedAt"
    | "deletedAt"
  >
>;

/** Writes a comment that is locked as its next version. Attachments and reactions have tables of their own. */
export function saveComment(ctx: Ctx, before: CommentView, wanted: Wanted): CommentView {
  const saved = { ...before, ...wanted, version: before.version + 1, updatedAt: ctx.now.toISOString() };
  write(ctx, updateStatement, [
    saved.id,
    saved.body,
    saved.html,
    saved.mentionedUserIds,
    saved.resolvedAt,
    saved.resolvedById,
    saved.pinnedAt,
    saved.pinnedById,
    saved.editedAt,
    saved.deletedAt,
    saved.version,
    saved.updatedAt,
  ]);
  return saved;
}
