import type { z } from "zod";
import type { PublicCtx } from "../../context.ts";
import { enqueue } from "../../platform/jobs.ts";
import { findHarm } from "../../platform/scanner.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { tellFilesOf } from "./blob.ts";
import { fileInspected } from "./file.events.ts";
import { type inspectJob, thumbnailJob } from "./file.jobs.ts";
import { makesThumbnail } from "./thumbnail-types.ts";

const readStatement = statement(
  "blob.to-inspect",
  `select object_key as "objectKey" from files.blobs where id = $1 and state = 'inspecting'`,
);
const settleStatement = statement(
  "blob.settle",
  `update files.blobs set state = $2, finding = $3 where id = $1 and state = 'inspecting'
  returning media_type as "mediaType", size_bytes as "sizeBytes"`,
);

/**
 * Looks for harm in bytes and unlocks them, or locks them for good; every file that has them tells. Repeated, it does
 * nothing.
 *
 * @throws AppError `upstream.down` (scanner, store): they stay closed until it is tried again with success
 */
export async function inspectFile(
  ctx: PublicCtx,
  { blobId }: z.output<typeof inspectJob.input>,
  signal?: AbortSignal,
): Promise<void> {
  const [blob] = await ctx.sql.query<{ objectKey: string }>(readStatement, [blobId]);
  if (!blob) return;
  const { CLAMD_URL } = ctx.app.config;
  const finding = CLAMD_URL ? await findHarm(CLAMD_URL, await ctx.app.store.get(blob.objectKey), signal) : null;
  await inTransaction(ctx, async (ctx) => {
    const [settled] = await ctx.sql.query<{ mediaType: string; sizeBytes: number }>(settleStatement, [
      blobId,
      finding ? "locked" : "ready",
      finding,
    ]);
    if (!settled) return;
    await tellFilesOf(ctx, blobId, fileInspected, { state: "inspecting" });
    if (!finding && makesThumbnail(settled)) enqueue(ctx, thumbnailJob, { blobId });
  });
  if (finding) ctx.app.log.warn({ blobId, finding }, "Something harmful was uploaded; it is locked");
}
