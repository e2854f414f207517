import { pipeline } from "node:stream/promises";
import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { AppError, conflict, notFound, ruleBroken } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { id } from "../fields.ts";
import { accessFile } from "./file.access.ts";
import { type FileView, uploadViewSchema } from "./file.view.ts";
import { type Measure, measuring } from "./measure.ts";
import { publishFile } from "./publish-file.ts";
import { discard, requireAsAnnounced } from "./receive-file.ts";
import { accessOpenUpload, accessUpload } from "./upload.access.ts";
import type { Upload } from "./upload.queries.ts";
import { partCountOf, sizeOfPart, uploadView } from "./upload.view.ts";

export const uploadInput = z.object({ uploadId: id });

export const uploadStateSchema = uploadViewSchema.extend({
  missingParts: z.array(z.int()).describe("numbers of those that have not arrived whole, 1,000 at most"),
  fileId: z.uuid().nullable().describe("what became of it; null until it is complete"),
});

/** What is still to be sent of an upload. @throws AppError `not-found` | `upstream.down` */
export async function readUpload(
  ctx: Ctx,
  { uploadId }: z.output<typeof uploadInput>,
): Promise<z.output<typeof uploadStateSchema>> {
  const upload = await accessUpload(ctx, uploadId);
  const missingParts = upload.completedFileId ? [] : await missingPartsOf(ctx, upload);
  return { ...uploadView(upload), missingParts: missingParts.slice(0, 1_000), fileId: upload.completedFileId };
}

async function missingPartsOf(ctx: Ctx, upload: Upload): Promise<number[]> {
  const parts = upload.partsId ? await ctx.app.store.listParts(upload.objectKey, upload.partsId) : [];
  const arrived = new Map(parts.map((part) => [part.number, part.sizeBytes]));
  return Array.from({ length: partCountOf(upload) }, (_, at) => at + 1).filter(
    (number) => arrived.get(number) !== sizeOfPart(upload, number),
  );
}

/**
 * Makes the parts a file: joins them, reads the whole of it once, and lets others see it if it has the size and the
 * checksum that were announced. Repeated, it answers the same file.
 *
 * @throws AppError `not-found` | `access.denied` | `validation.failed` (checksum: the upload is over)
 *   | `rule.broken` (parts are missing, expired) | `conflict` (being completed by another call) | `upstream.down`
 */
export async function completeUpload(ctx: Ctx, { uploadId }: z.output<typeof uploadInput>): Promise<FileView> {
  const { completedFileId } = await accessUpload(ctx, uploadId);
  if (completedFileId) return accessFile(ctx, completedFileId, "file.read");
  const upload = await accessOpenUpload(ctx, uploadId);
  await claim(ctx, upload);
  try {
    await join(ctx, upload);
    const measure = await measureObject(ctx, upload);
    return await verified(ctx, upload, measure);
  } catch (error) {
    await ctx.app.sql.query(releaseStatement, [uploadId]).catch(() => {});
    throw error;
  }
}

const claimStatement = statement(
  "upload.claim",
  `update files.uploads set joining_until = now() + interval '15 minutes'
  where id = $1 and completed_file_id is null and (joining_until is null or joining_until < now()) returning id`,
);
const releaseStatement = statement("upload.release", "update files.uploads set joining_until = null where id = $1");

/**
 * One call at a time: between the reading of the bytes and their publication nobody may join the parts again, which the
 * client could have replaced meanwhile.
 */
async function claim(ctx: Ctx, { id }: Upload): Promise<void> {
  const claimed = await ctx.app.sql.query(claimStatement, [id]);
  if (claimed.length === 0) throw conflict("This upload is being completed; try again.", { retry: true });
}

async function verified(ctx: Ctx, upload: Upload, measure: Measure): Promise<FileView> {
  try {
    requireAsAnnounced(measure, upload);
  } catch (error) {
    await discard(ctx, upload); // other bytes can come only under another key
    throw error;
  }
  return publishFile(ctx, upload, measure);
}

async function join(ctx: Ctx, upload: Upload): Promise<void> {
  const { store } = ctx.app;
  try {
    requireNone(await missingPartsOf(ctx, upload));
    if (!upload.partsId) return;
    const parts = await store.listParts(upload.objectKey, upload.partsId);
    await store.joinParts(upload.objectKey, upload.partsId, parts);
  } catch (error) {
    if (!(error instanceof AppError && error.code === "not-found")) throw error;
    // A call before this one joined them, and came no further.
    if ((await store.sizeOf(upload.objectKey)) === null) throw notFound("upload", upload.id);
  }
}

function requireNone(missingParts: readonly number[]): void {
  if (missingParts.length === 0) return;
  throw ruleBroken("upload.incomplete", "Not all parts have arrived whole.", {
    missingParts: missingParts.slice(0, 100),
    missingCount: missingParts.length,
  });
}

async function measureObject(ctx: Ctx, upload: Upload): Promise<Measure> {
  const measured = measuring(upload.sizeBytes);
  await pipeline(await ctx.app.store.get(upload.objectKey), measured.through, async (bytes) => {
    for await (const _ of bytes);
  });
  return measured.result();
}

export const cancelledSchema = z.object({ id: z.uuid() });

/** Throws an upload away and gives back its space. @throws AppError `not-found` | `rule.broken` (complete) */
export async function cancelUpload(
  ctx: Ctx,
  { uploadId }: z.output<typeof uploadInput>,
): Promise<z.output<typeof cancelledSchema>> {
  const upload = await accessUpload(ctx, uploadId);
  if (upload.completedFileId) {
    throw ruleBroken("upload.completed", "This upload is complete.", { fileId: upload.completedFileId });
  }
  await discard(ctx, upload);
  return { id: uploadId };
}
