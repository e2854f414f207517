import type { Ctx } from "../../context.ts";
import { notFound, ruleBroken } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { type Upload, uploadColumns } from "./upload.queries.ts";

const readStatement = statement(
  "upload.access",
  `select ${uploadColumns} from files.uploads u where u.id = $1 and u.created_by_id = $2 and u.part_size_bytes is not null`,
);

/** The only way to an upload by id: for who began it. @throws AppError `not-found` */
export async function accessUpload(ctx: Ctx, uploadId: string): Promise<Upload> {
  const [upload] = await ctx.sql.query<Upload>(readStatement, [uploadId, ctx.actor.userId]);
  if (!upload) throw notFound("upload", uploadId);
  return upload;
}

/** @throws AppError `not-found` | `rule.broken` (expired, or completed already) */
export async function accessOpenUpload(ctx: Ctx, uploadId: string): Promise<Upload> {
  const upload = await accessUpload(ctx, uploadId);
  if (upload.completedFileId) {
    throw ruleBroken("upload.completed", "This upload is complete.", { fileId: upload.completedFileId });
  }
  if (Date.parse(upload.expiresAt) <= ctx.now.getTime()) {
    throw ruleBroken("upload.expired", "This upload has expired; begin another one.");
  }
  return upload;
}
