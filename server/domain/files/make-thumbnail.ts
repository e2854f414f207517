import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import sharp, { type Sharp } from "sharp";
import type { z } from "zod";
import type { PublicCtx } from "../../context.ts";
import { AppError } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { tellFilesOf } from "./blob.ts";
import { thumbnailKey } from "./download.ts";
import { fileThumbnailed } from "./file.events.ts";
import type { thumbnailJob } from "./file.jobs.ts";
import { drawFirstPage } from "./pdf-page.ts";
import { makesThumbnail } from "./thumbnail-types.ts";

/** The longer edge, in pixels. */
const thumbnailEdge = 512;
/** A picture of a few kilobytes can claim to be of billions of pixels; so its size is read before it is decoded. */
const maxPixels = 50_000_000;
const maxSeconds = 20;

// Of the formats that libvips can read, only those that are asked for; no other decoder meets a stranger's bytes.
sharp.block({ operation: ["VipsForeignLoad"] });
sharp.unblock({
  operation: [
    "VipsForeignLoadJpeg",
    "VipsForeignLoadPng",
    "VipsForeignLoadWebp",
    "VipsForeignLoadNsgif",
    "VipsForeignLoadHeif",
    "VipsForeignLoadTiff",
  ],
});
sharp.concurrency(1);

const readStatement = statement(
  "blob.to-thumbnail",
  `select object_key as "objectKey", media_type as "mediaType", size_bytes as "sizeBytes" from files.blobs
  where id = $1 and state = 'ready' and not has_thumbnail`,
);
const keepStatement = statement(
  "blob.has-thumbnail",
  "update files.blobs set has_thumbnail = true where id = $1 and not has_thumbnail returning id",
);

/**
 * Draws a small picture of an image or of a document's first page and keeps it beside the bytes. Where it cannot be
 * drawn (broken, too large, encrypted) there is none; that is no failure. Repeated, it does nothing.
 *
 * @throws AppError `upstream.down` (store)
 */
export async function makeThumbnail(ctx: PublicCtx, { blobId }: z.output<typeof thumbnailJob.input>): Promise<void> {
  type Row = { objectKey: string; mediaType: string; sizeBytes: number };
  const [blob] = await ctx.sql.query<Row>(readStatement, [blobId]);
  if (!blob || !makesThumbnail(blob)) return;
  const { store, log } = ctx.app;
  const original = await buffer(await store.get(blob.objectKey));
  let picture: Buffer;
  try {
    picture = await drawThumbnail(original, blob.mediaType);
  } catch (error) {
    log.info({ blobId, reason: (error as Error).message }, "A file gets no thumbnail");
    return;
  }
  await store.put(thumbnailKey(blob.objectKey), Readable.from([picture]));
  const kept = await inTransaction(ctx, async (ctx) => {
    const rows = await ctx.sql.query(keepStatement, [blobId]);
    if (rows.length > 0) await tellFilesOf(ctx, blobId, fileThumbnailed, { hasThumbnail: false });
    return rows.length > 0;
  });
  if (!kept && (await store.sizeOf(blob.objectKey)) === null) await store.delete(thumbnailKey(blob.objectKey));
}

/** @throws Error for what cannot be drawn, or not within bounds */
export async function drawThumbnail(original: Buffer, mediaType: string): Promise<Buffer> {
  const drawn = await image(original, mediaType);
  const picture = await drawn
    .autoOrient()
    .resize(thumbnailEdge, thumbnailEdge, { fit: "inside", withoutEnlargement: true })
    .webp({ quality: 80 })
    .timeout({ seconds: maxSeconds })
    .toBuffer();
  if (picture.length === 0) throw new AppError("internal", "The picture is empty");
  return picture;
}

/** A square of the picture's middle, without what else was in its bytes. @throws Error as `drawThumbnail` */
export async function drawAvatar(original: Buffer): Promise<Buffer> {
  const drawn = await image(original, "image/*");
  return drawn
    .autoOrient()
    .resize(thumbnailEdge, thumbnailEdge, { fit: "cover" })
    .webp({ quality: 80 })
    .timeout({ seconds: maxSeconds })
    .toBuffer();
}

async function image(original: Buffer, mediaType: string): Promise<Sharp> {
  if (mediaType !== "application/pdf") {
    return sharp(original, { limitInputPixels: maxPixels, failOn: "error", sequentialRead: true, pages: 1 });
  }
  const { data, width, height } = await drawFirstPage(original, thumbnailEdge, maxSeconds * 1000);
  return sharp(data, { raw: { width, height, channels: 4 } }).flatten({ background: "#fff" });
}
