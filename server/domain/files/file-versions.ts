import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { notFound } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction, write } from "../../transaction.ts";
import { record } from "../change.ts";
import { pageFrom, placeOf } from "../cursor.ts";
import { id, page, seenVersion } from "../fields.ts";
import { requireSeen } from "../save.ts";
import { shareBlob } from "./blob.ts";
import { accessFile } from "./file.access.ts";
import { fileReplaced } from "./file.events.ts";
import { type FileVersionView, type FileView, fileVersionColumns } from "./file.view.ts";
import { nextVersionNumber, replaceStatement, writeVersion } from "./publish-file.ts";

export const listVersionsInput = z.strictObject({ fileId: id, ...page });

const listStatement = statement(
  "file-version.list",
  `select ${fileVersionColumns}, v.number::text as "sortText" from files.versions v join files.blobs b on b.id = v.blob_id
  where v.file_id = $1 and ($2::int is null or v.number < $2) order by v.number desc limit $3`,
);

/** All versions of a file, the latest first. @throws AppError `not-found` | `validation.failed` (cursor) */
export async function listVersions(ctx: Ctx, { fileId, cursor, limit }: z.output<typeof listVersionsInput>) {
  const [before] = placeOf(cursor);
  const [, rows] = await Promise.all([
    accessFile(ctx, fileId, "file.read"),
    ctx.sql.query<FileVersionView & { sortText: string }>(listStatement, [fileId, before, limit + 1]),
  ]);
  return pageFrom(rows, limit);
}

export const restoreVersionInput = z.object({
  fileId: id,
  versionNumber: z.int().min(1).max(2_147_483_647),
  version: seenVersion,
});

const findStatement = statement(
  "file-version.blob",
  `select blob_id as "blobId" from files.versions where file_id = $1 and number = $2`,
);

/**
 * Makes an earlier version the current one again: as a new version with the same bytes, so that nothing is lost. The
 * current one is restored by doing nothing.
 *
 * @throws AppError `not-found` (file, version) | `access.denied` | `stale` | `rule.broken` (locked, archived project)
 */
export const restoreVersion = (ctx: Ctx, input: z.output<typeof restoreVersionInput>): Promise<FileView> =>
  inTransaction(ctx, async (ctx) => {
    const file = await accessFile(ctx, input.fileId, "file.update");
    requireSeen(file, input.version);
    if (input.versionNumber === file.versionNumber) return file;
    const [found] = await ctx.sql.query<{ blobId: string }>(findStatement, [file.id, input.versionNumber]);
    if (!found) throw notFound("file version");
    const { id: blobId, ...content } = await shareBlob(ctx, found.blobId);
    const restored: FileView = {
      ...file,
      ...content,
      versionNumber: await nextVersionNumber(ctx, file.id),
      updatedAt: ctx.now.toISOString(),
      version: file.version + 1,
    };
    write(ctx, replaceStatement, [file.id, restored.versionNumber, ctx.now]);
    writeVersion(ctx, restored, blobId);
    return record(ctx, fileReplaced, file, restored);
  });
