import type { Ctx, PublicCtx } from "../../context.ts";
import { notFound } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { record } from "../change.ts";
import type { fileInspected, fileThumbnailed } from "./file.events.ts";
import { type FileView, fileColumns, fileJoins } from "./file.view.ts";
import { requireNotLocked } from "./states.ts";

/** What a file's view tells of its bytes. */
export type BlobContent = Pick<FileView, "sizeBytes" | "sha256" | "mediaType" | "state" | "hasThumbnail">;

const shareStatement = statement(
  "blob.share",
  `select b.id, b.size_bytes as "sizeBytes", b.sha256, b.media_type as "mediaType", b.state, b.has_thumbnail as "hasThumbnail"
  from files.blobs b where b.id = $1 for share`,
);

/**
 * Lets one more version refer to bytes that a door was passed to. They do not change until the transaction ends, so
 * that what is told of them stays true.
 *
 * @throws AppError `not-found` (collected meanwhile) | `rule.broken` (something was found in them)
 */
export async function shareBlob(ctx: Ctx, blobId: string): Promise<BlobContent & { id: string }> {
  const [blob] = await ctx.sql.query<BlobContent & { id: string }>(shareStatement, [blobId]);
  if (!blob) throw notFound("file");
  requireNotLocked(blob.state);
  return blob;
}

const lockFilesStatement = statement(
  "file.lock-of-blob",
  `select f.id from files.files f join files.versions v on v.file_id = f.id and v.number = f.version_number
  where v.blob_id = $1 order by f.id for no key update of f`,
);
const filesStatement = statement(
  "file.of-blob",
  `select ${fileColumns} from ${fileJoins} where b.id = $1 and f.id = any($2::uuid[]) order by f.id`,
);
const touchStatement = statement(
  "file.touch",
  "update files.files set version = version + 1, updated_at = $2 where id = any($1::uuid[])",
);

/**
 * Tells of every file whose current bytes have changed. To be called after the update of the blob's row, whose lock
 * keeps others from referring to it.
 */
export async function tellFilesOf(
  ctx: PublicCtx,
  blobId: string,
  fact: typeof fileInspected | typeof fileThumbnailed,
  earlier: Partial<BlobContent>,
): Promise<void> {
  const locked = await ctx.sql.query<{ id: string }>(lockFilesStatement, [blobId]);
  const ids = locked.map(({ id }) => id);
  const [, files] = await Promise.all([
    ctx.sql.query(touchStatement, [ids, ctx.now]),
    ctx.sql.query<FileView>(filesStatement, [blobId, ids]),
  ]);
  for (const file of files) {
    record(ctx, fact, { ...file, ...earlier, version: file.version - 1, updatedAt: "" }, file);
  }
}
