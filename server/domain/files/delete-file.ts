import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { enqueue } from "../../platform/jobs.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { fileDeletion } from "../consequences.ts";
import { id, seenVersion } from "../fields.ts";
import { requireSeen } from "../save.ts";
import { accessFile } from "./file.access.ts";
import { fileDeleted, fileUnshared } from "./file.events.ts";
import { collectJob } from "./file.jobs.ts";
import { type FileView, fileColumns, fileJoins, type ShareLinkView, shareLinkColumns } from "./file.view.ts";

export const deleteFileInput = z.object({ fileId: id, version: seenVersion });
export const deletedSchema = z.object({ id: z.uuid() });

const endLinksStatement = statement(
  "share-link.delete-of-files",
  `delete from files.share_links sl where sl.file_id = any($1::uuid[]) returning ${shareLinkColumns}`,
);
/* So that nothing begins to refer to them. */
const lockStatement = statement(
  "file.lock-for-deletion",
  "select from files.files where id = any($1::uuid[]) order by id for update",
);
const byIdStatement = statement(
  "file.by-ids",
  `select ${fileColumns} from ${fileJoins} where f.id = any($1::uuid[]) order by f.id`,
);
const deleteStatement = statement("file.delete", "delete from files.files where id = any($1::uuid[])");

/**
 * Deletes a file with all its versions and links, for good. Its bytes are removed by a worker, once no copy refers to
 * them; then their space is free again.
 *
 * @throws AppError `not-found` (also when repeated) | `access.denied` | `stale` | `rule.broken` (archived project)
 */
export const deleteFile = (
  ctx: Ctx,
  { fileId, version }: z.output<typeof deleteFileInput>,
): Promise<z.output<typeof deletedSchema>> =>
  inTransaction(ctx, async (ctx) => {
    const [, file] = await Promise.all([
      ctx.sql.query(lockStatement, [[fileId]]),
      accessFile(ctx, fileId, "file.delete"),
    ]);
    requireSeen(file, version);
    await fileDeletion.around(ctx, { fileIds: [fileId] }, () => removeFiles(ctx, [file]));
    return { id: file.id };
  });

/** For operations that passed a door to what carries the files, which must be locked against deletion. */
export async function deleteFiles(ctx: Ctx, fileIds: readonly string[]): Promise<void> {
  if (fileIds.length === 0) return;
  const [, files] = await Promise.all([
    ctx.sql.query(lockStatement, [fileIds]),
    ctx.sql.query<FileView>(byIdStatement, [fileIds]),
  ]);
  await fileDeletion.around(ctx, { fileIds }, () => removeFiles(ctx, files));
}

/** The files must be locked. */
async function removeFiles(ctx: Ctx, files: readonly FileView[]): Promise<void> {
  if (files.length === 0) return;
  const ids = files.map((file) => file.id);
  const [links] = await Promise.all([
    ctx.sql.query<ShareLinkView>(endLinksStatement, [ids]),
    ctx.sql.query(deleteStatement, [ids]),
  ]);
  for (const link of links) record(ctx, fileUnshared, link, null);
  for (const file of files) record(ctx, fileDeleted, file, null);
  enqueue(ctx, collectJob, {}, { key: "collect" });
}

const lockOfTasksStatement = statement(
  "file.lock-of-tasks",
  "select from files.files where task_id = any($1::uuid[]) order by id for update",
);
const ofTasksStatement = statement(
  "file.of-tasks",
  `select ${fileColumns} from ${fileJoins} where f.task_id = any($1::uuid[]) order by f.id`,
);

/** Files go with their tasks, which must be locked. */
export async function dropTaskFiles(ctx: Ctx, { taskIds }: { taskIds: readonly string[] }) {
  const [, files] = await Promise.all([
    ctx.sql.query(lockOfTasksStatement, [taskIds]),
    ctx.sql.query<FileView>(ofTasksStatement, [taskIds]),
  ]);
  await removeFiles(ctx, files);
  return undefined;
}

const deleteOfOrganizationStatement = statement(
  "file.delete-of-organization",
  "delete from files.files where organization_id = $1 and project_id is null",
);

/** An organization's own files go with it, ahead of the bytes they refer to; with it ends the channel they were in. */
export async function dropOrganizationFiles(ctx: Ctx, { organizationId }: { organizationId: string }) {
  await ctx.sql.query(deleteOfOrganizationStatement, [organizationId]);
  enqueue(ctx, collectJob, {}, { key: "collect" });
  return undefined;
}
