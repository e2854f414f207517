import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { invalid } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { id } from "../fields.ts";
import { accessOpenUpload } from "./upload.access.ts";
import type { Upload } from "./upload.queries.ts";
import { partCountOf, sizeOfPart } from "./upload.view.ts";

export const signPartsInput = z.object({
  uploadId: id,
  partNumbers: z.array(z.int().min(1)).min(1).max(100).describe("1 is the first part"),
});

export const signedPartsSchema = z.object({
  parts: z.array(
    z.object({
      number: z.int(),
      sizeBytes: z.int(),
      url: z.string().describe("to be sent the part's bytes by PUT"),
      headers: z.record(z.string(), z.string()).describe("to be sent along; browsers set content-length themselves"),
    }),
  ),
  expiresAt: z.iso.datetime(),
});

const signedSeconds = 3_600;

/**
 * Signs the upload of parts straight to the store; the bytes do not pass through this process. Asked again, it signs
 * again: a part may be sent until the upload is complete, the last one counts.
 *
 * @returns PUT addresses, each for exactly its part's size; any other is refused
 * @throws AppError `not-found` | `validation.failed` (no such part) | `rule.broken` (expired, complete) | `upstream.down`
 */
export async function signParts(
  ctx: Ctx,
  { uploadId, partNumbers }: z.output<typeof signPartsInput>,
): Promise<z.output<typeof signedPartsSchema>> {
  const upload = await accessOpenUpload(ctx, uploadId);
  const partCount = partCountOf(upload);
  const beyond = partNumbers.find((number) => number > partCount);
  if (beyond !== undefined) throw invalid("partNumbers", `This upload has ${partCount} parts; there is no ${beyond}.`);
  const partsId = upload.partsId ?? (await beginParts(ctx, upload));
  const seconds = Math.ceil(Math.min(signedSeconds, (Date.parse(upload.expiresAt) - ctx.now.getTime()) / 1000));
  const parts = await Promise.all(
    [...new Set(partNumbers)].map(async (number) => {
      const sizeBytes = sizeOfPart(upload, number);
      const { url, headers } = await ctx.app.store.signPart(upload.objectKey, partsId, { number, sizeBytes }, seconds);
      return { number, sizeBytes, url, headers: { ...headers } };
    }),
  );
  return { parts, expiresAt: new Date(ctx.now.getTime() + seconds * 1000).toISOString() };
}

const keepStatement = statement(
  "upload.keep-parts",
  "update files.uploads set parts_id = coalesce(parts_id, $2) where id = $1 returning parts_id as kept",
);

/** Of several first calls at once one decides; what the others began in the store goes with the upload's end. */
async function beginParts(ctx: Ctx, upload: Upload): Promise<string> {
  const begun = await ctx.app.store.beginParts(upload.objectKey);
  const [row] = await ctx.app.sql.query<{ kept: string }>(keepStatement, [upload.id, begun]);
  return row?.kept ?? begun;
}
