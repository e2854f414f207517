import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { v7 } from "uuid";
import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { invalid } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { id } from "../fields.ts";
import { accessFile, accessTarget, type Target, targetFields } from "./file.access.ts";
import { fileName } from "./file.name.ts";
import { type Measure, measuring, tooLarge } from "./measure.ts";
import { reserve, type Upload } from "./upload.queries.ts";

export const sha256Field = z
  .string()
  .toLowerCase()
  .regex(/^[0-9a-f]{64}$/, "must be 64 hexadecimal digits");

export const placeFields = {
  ...targetFields,
  fileId: id.optional().describe("makes a new version of this file, instead of a new file"),
};

export const receiveFileInput = z.strictObject({
  ...placeFields,
  internal: z.stringbool({ truthy: ["true"], falsy: ["false"] }).optional(),
  sizeBytes: z.coerce.number().int().min(0).optional().describe("checked"),
  sha256: sha256Field.optional().describe("checked"),
});

/** While the request lasts: a server takes no longer for one. */
const receivingMs = 3_600_000;

export const limitOf = (ctx: Ctx) => ctx.app.config.FILE_SIZE_LIMIT_MIB * 1_048_576;

/**
 * Where bytes are to go. A new version goes where its file is.
 *
 * @throws AppError `validation.failed` | `not-found` | `access.denied` | `rule.broken`
 */
export async function accessPlace(
  ctx: Ctx,
  { fileId, ...target }: z.output<z.ZodObject<typeof placeFields>>,
): Promise<Target & { fileId: string | null }> {
  if (!fileId) return { ...(await accessTarget(ctx, target, "file.upload")), fileId: null };
  if (Object.values(target).some(Boolean)) throw invalid("fileId", "A new version goes where its file is.");
  const { organizationId, projectId, taskId, internal } = await accessFile(ctx, fileId, "file.update");
  return { organizationId, projectId, taskId, fileId, internal };
}

/** Bytes as they come. */
export interface Incoming {
  readonly name: string;
  readonly bytes: Readable;
  /** At most so many will come; null when nobody knows. */
  readonly announcedBytes: number | null;
}

/** Bytes that are in the store, and nobody sees: `publishFile` makes them a file, `discard` throws them away. */
export interface Stored {
  readonly upload: Upload;
  readonly measure: Measure;
}

/**
 * Takes a file through this process: the bytes stream into the store as they come, and must be as announced. Nobody sees
 * them yet. What is neither published nor discarded is collected after an hour.
 *
 * @throws AppError `validation.failed` (place, size, checksum) | `not-found` | `access.denied` | `too-large`
 *   | `rule.broken` (quota, archived project, task in the trash) | `upstream.down`
 */
export async function storeFile(
  ctx: Ctx,
  input: z.output<typeof receiveFileInput>,
  { name, bytes, announcedBytes }: Incoming,
): Promise<Stored> {
  const limitBytes = limitOf(ctx);
  const { sizeBytes, sha256, ...where } = input;
  if ((sizeBytes ?? 0) > limitBytes) throw tooLarge(limitBytes);
  const place = await accessPlace(ctx, where);
  const id = v7();
  const upload: Upload = {
    ...place,
    id,
    name: fileName(name),
    objectKey: `${place.organizationId}/${id}`,
    sizeBytes: Math.min(sizeBytes ?? announcedBytes ?? limitBytes, limitBytes),
    sha256: sha256 ?? null,
    partsId: null,
    partSizeBytes: null,
    completedFileId: null,
    createdById: ctx.actor.userId,
    expiresAt: new Date(ctx.now.getTime() + receivingMs).toISOString(),
  };
  await inTransaction({ ...ctx, mutation: null }, (ctx) => reserve(ctx, upload));
  try {
    const measure = await store(ctx, upload, bytes, limitBytes);
    requireAsAnnounced(measure, input);
    return { upload, measure };
  } catch (error) {
    await discard(ctx, upload).catch(() => {}); // the upload's row is collected later
    throw error;
  }
}

async function store(ctx: Ctx, upload: Upload, bytes: Readable, limitBytes: number): Promise<Measure> {
  const measured = measuring(limitBytes);
  const abandon = new AbortController();
  try {
    await Promise.all([
      pipeline(bytes, measured.through, { signal: abandon.signal }),
      ctx.app.store.put(upload.objectKey, measured.through).catch((error) => {
        abandon.abort(error);
        throw error;
      }),
    ]);
  } catch (error) {
    throw abandon.signal.aborted ? abandon.signal.reason : error;
  }
  return measured.result();
}

/** @throws AppError `validation.failed` */
export function requireAsAnnounced(measure: Measure, announced: { sizeBytes?: number; sha256?: string | null }): void {
  if (announced.sizeBytes !== undefined && announced.sizeBytes !== measure.sizeBytes) {
    throw invalid("sizeBytes", `${measure.sizeBytes} bytes arrived, ${announced.sizeBytes} were announced.`);
  }
  if (announced.sha256 && announced.sha256 !== measure.sha256) {
    throw invalid("sha256", "The bytes that arrived have another checksum.");
  }
}

const deleteStatement = statement(
  "upload.delete",
  "delete from files.uploads where id = $1 and completed_file_id is null",
);
const expireStatement = statement(
  "upload.expire",
  "update files.uploads set expires_at = least(expires_at, now() + interval '1 hour') where id = $1 and completed_file_id is null returning id",
);

/** Gives back the space at once, and the bytes; what comes later, the collector finds. A complete one stays. */
export async function discard(ctx: Ctx, upload: Upload): Promise<void> {
  const ended = await ctx.app.sql.query(expireStatement, [upload.id]);
  if (ended.length === 0) return;
  await ctx.app.sql.query(deleteStatement, [upload.id]);
  await ctx.app.store.delete(upload.objectKey);
}
