import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { invalid, notFound, ruleBroken } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { write } from "../../transaction.ts";
import { record } from "../change.ts";
import { id } from "../fields.ts";
import type { FileView } from "../files/file.view.ts";
import { requireNotLocked } from "../files/states.ts";
import { commentDetached } from "./comment.events.ts";
import { type CommentView, commentColumns } from "./comment.view.ts";

export const mostAttached = 20;
export const attachedFiles = z.array(id).max(mostAttached);

/** Where a comment stands, and whether its author sees what is internal. */
interface Place {
  taskId: string;
  internal: boolean;
  insider: boolean;
}
type Attachable = Pick<FileView, "id" | "internal" | "state">;

/* Locked so that they stay while the comment that carries them is written. */
const attachableStatement = statement(
  "comment.attachable-files",
  `select f.id, f.task_id as "taskId", f.internal, b.state
  from files.files f join files.versions v on v.file_id = f.id and v.number = f.version_number join files.blobs b on b.id = v.blob_id
  where f.id = any($1::uuid[]) order by f.id for key share of f`,
);

/** Files that are to be attached, locked before the comment is: whoever deletes a file locks in the same order. */
export async function findFiles(ctx: Ctx, fileIds: readonly string[] | undefined) {
  return fileIds?.length ? ctx.sql.query<Attachable & { taskId: string | null }>(attachableStatement, [fileIds]) : [];
}

/**
 * The ids of found files, in the order in which they were named, each once.
 *
 * @throws AppError `not-found` (not on this task, or hidden) | `rule.broken` (locked, internal in an open comment or the
 *   reverse)
 */
export function requireAttachable(
  fileIds: readonly string[],
  found: Awaited<ReturnType<typeof findFiles>>,
  { taskId, internal, insider }: Place,
): string[] {
  const files = new Map(found.filter((file) => file.taskId === taskId).map((file) => [file.id, file]));
  return [...new Set(fileIds)].map((id) => {
    const file = files.get(id);
    if (!file || (file.internal && !insider)) throw notFound("file", id);
    if (file.internal !== internal)
      throw ruleBroken("comment.mixed-file", "An internal comment has internal files, an open one has none.", {
        fileId: id,
      });
    requireNotLocked(file.state);
    return id;
  });
}

/** @throws AppError `validation.failed` for a comment that would say nothing */
export function requireContent(body: string, fileIds: readonly string[]): void {
  if (body.trim() === "" && fileIds.length === 0) throw invalid("body", "Say something, or attach a file.");
}

const attachStatement = statement(
  "comment.attach",
  `insert into comments.attachments (organization_id, task_id, internal, comment_id, file_id, place)
  select $1, $2, $3, $4, given.file_id, given.place from unnest($5::uuid[]) with ordinality given (file_id, place)`,
);
const detachStatement = statement("comment.detach-all", "delete from comments.attachments where comment_id = $1");

/** Writes what a comment carries, after the comment. */
export function saveAttachments(ctx: Ctx, before: readonly string[], comment: CommentView): void {
  const { organizationId, taskId, internal, id, attachmentIds } = comment;
  if (before.length > 0) write(ctx, detachStatement, [id]);
  if (attachmentIds.length > 0) write(ctx, attachStatement, [organizationId, taskId, internal, id, attachmentIds]);
}

const lockCarriersStatement = statement(
  "comment.lock-carriers",
  `select from comments.comments where id in (select comment_id from comments.attachments where file_id = any($1::uuid[]))
  order by id for no key update`,
);
const carriersStatement = statement(
  "comment.carriers",
  `select ${commentColumns} from comments.comments c
  where c.id in (select comment_id from comments.attachments where file_id = any($1::uuid[])) order by c.id`,
);

/** Comments let go of files that are deleted, and tell. Rows go with the files' own. */
export async function detachFiles(ctx: Ctx, { fileIds }: { fileIds: readonly string[] }) {
  const [, carriers] = await Promise.all([
    ctx.sql.query(lockCarriersStatement, [fileIds]),
    ctx.sql.query<CommentView>(carriersStatement, [fileIds]),
  ]);
  for (const comment of carriers) {
    const attachmentIds = comment.attachmentIds.filter((id) => !fileIds.includes(id));
    record(ctx, commentDetached, comment, { ...comment, attachmentIds });
  }
  return undefined;
}

const lockOwnStatement = statement(
  "comment.lock-own-files",
  `select from files.files where id in (select file_id from comments.attachments where comment_id = $1) order by id for update`,
);

/** Ahead of the lock of a comment that is to be deleted, and with it perhaps its files. */
export const lockFilesOf = (ctx: Ctx, commentId: string) => ctx.sql.query(lockOwnStatement, [commentId]);

const ownStatement = statement(
  "comment.own-files",
  `select f.id from comments.attachments a join files.files f on f.id = a.file_id
  where a.comment_id = $1 and f.created_by_id = $2
    and not exists (select from comments.attachments other where other.file_id = f.id and other.comment_id <> a.comment_id)
    and not exists (select from files.versions v where v.file_id = f.id and v.created_by_id <> $2)
  order by f.id`,
);

/** The files that came with a comment and with nothing else: its author's own, in no other comment, by nobody else. */
export async function findOwnFiles(ctx: Ctx, { id, authorId }: CommentView): Promise<string[]> {
  const rows = await ctx.sql.query<{ id: string }>(ownStatement, [id, authorId]);
  return rows.map((row) => row.id);
}
