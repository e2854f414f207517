import { v7 } from "uuid";
import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { invalid } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { fileName } from "./file.name.ts";
import type { UploadView } from "./file.view.ts";
import { tooLarge } from "./measure.ts";
import { accessPlace, limitOf, placeFields, sha256Field } from "./receive-file.ts";
import { reserve, type Upload } from "./upload.queries.ts";
import { uploadView } from "./upload.view.ts";

export const beginUploadInput = z.object({
  ...placeFields,
  name: z.string().min(1).max(1_000),
  sizeBytes: z.int().min(1).describe("exactly; an empty file goes through `POST /files`"),
  sha256: sha256Field.describe("of all bytes, hexadecimal; what arrives is compared with it"),
});

const mebibyte = 1_048_576;
/** Up to here one request carries the whole file. */
const singleBytes = 32 * mebibyte;
const leastPartBytes = 16 * mebibyte;
/** S3 takes no more. */
const mostParts = 10_000;
const uploadMs = 24 * 3_600_000;

/** All parts but the last have this size. */
export function partSizeOf(sizeBytes: number): number {
  if (sizeBytes <= singleBytes) return sizeBytes;
  return Math.max(leastPartBytes, Math.ceil(sizeBytes / mostParts / mebibyte) * mebibyte);
}

/**
 * Reserves space for a file whose bytes the client sends straight to the store: sign its parts, PUT them in any order
 * and as often as needed, also in another session or after a day of silence; then complete the upload.
 *
 * @throws AppError `validation.failed` (place) | `not-found` | `access.denied` | `too-large`
 *   | `rule.broken` (quota, archived project, task in the trash) | `upstream.down`
 */
export async function beginUpload(ctx: Ctx, input: z.output<typeof beginUploadInput>): Promise<UploadView> {
  const { name, sizeBytes, sha256, ...where } = input;
  const limitBytes = limitOf(ctx);
  if (sizeBytes > limitBytes) throw tooLarge(limitBytes);
  return inTransaction(ctx, async (ctx) => {
    const place = await accessPlace(ctx, where);
    const id = v7();
    const upload: Upload = {
      ...place,
      id,
      name: fileName(name),
      objectKey: `${place.organizationId}/${id}`,
      sizeBytes,
      sha256,
      partsId: null,
      partSizeBytes: partSizeOf(sizeBytes),
      completedFileId: null,
      createdById: ctx.actor.userId,
      expiresAt: new Date(ctx.now.getTime() + uploadMs).toISOString(),
    };
    await reserve(ctx, upload);
    await requireFewOpen(ctx);
    return uploadView(upload);
  });
}

/** What somebody has not finished yet waits for a day, so it is bounded. */
const mostOpen = 500;
const openStatement = statement(
  "upload.count-open",
  "select count(*) as open from files.uploads where created_by_id = $1 and completed_file_id is null",
);

async function requireFewOpen(ctx: Ctx): Promise<void> {
  const [count] = await ctx.sql.query<{ open: number }>(openStatement, [ctx.actor.userId]);
  if ((count?.open ?? 0) > mostOpen)
    throw invalid("uploads", `Complete or cancel some of your ${mostOpen} open uploads.`);
}
