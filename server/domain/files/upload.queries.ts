import type { Ctx } from "../../context.ts";
import { ruleBroken } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import type { Target } from "./file.access.ts";

/** Bytes on their way. */
export interface Upload extends Target {
  id: string;
  /** The file that they become a new version of. */
  fileId: string | null;
  name: string;
  objectKey: string;
  sizeBytes: number;
  sha256: string | null;
  partsId: string | null;
  partSizeBytes: number | null;
  completedFileId: string | null;
  createdById: string;
  expiresAt: string;
}

export const uploadColumns = `u.id, u.organization_id as "organizationId", u.project_id as "projectId", u.task_id as "taskId", u.internal,
  u.file_id as "fileId", u.name, u.object_key as "objectKey", u.size_bytes as "sizeBytes", u.sha256, u.parts_id as "partsId",
  u.part_size_bytes as "partSizeBytes", u.completed_file_id as "completedFileId", u.created_by_id as "createdById", u.expires_at as "expiresAt"`;

const insertStatement = statement(
  "upload.insert",
  `insert into files.uploads (id, organization_id, project_id, task_id, internal, file_id, name, object_key, size_bytes, sha256, parts_id,
    part_size_bytes, created_by_id, created_at, expires_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
);
const usageStatement = statement(
  "files.usage",
  `select used_bytes as "usedBytes" from files.usage where organization_id = $1`,
);

/**
 * Writes an upload down and takes its space from the organization's quota.
 *
 * @throws AppError `rule.broken` (rule "files.quota")
 */
export async function reserve(ctx: Ctx, upload: Upload): Promise<void> {
  const [, [usage]] = await Promise.all([
    ctx.sql.query(insertStatement, [
      upload.id,
      upload.organizationId,
      upload.projectId,
      upload.taskId,
      upload.internal,
      upload.fileId,
      upload.name,
      upload.objectKey,
      upload.sizeBytes,
      upload.sha256,
      upload.partsId,
      upload.partSizeBytes,
      upload.createdById,
      ctx.now,
      upload.expiresAt,
    ]),
    ctx.sql.query<{ usedBytes: number }>(usageStatement, [upload.organizationId]), // as the insert's trigger left it
  ]);
  const quotaBytes = ctx.app.config.ORGANIZATION_QUOTA_GIB * 1024 ** 3;
  const usedBytes = usage?.usedBytes ?? 0;
  if (usedBytes > quotaBytes) {
    throw ruleBroken("files.quota", "The organization's files take all the space they may.", {
      quotaBytes,
      usedBytes: usedBytes - upload.sizeBytes,
      neededBytes: upload.sizeBytes,
    });
  }
}
