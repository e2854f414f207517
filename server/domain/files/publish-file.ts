import { v7 } from "uuid";
import type { Ctx } from "../../context.ts";
import { notFound } from "../../errors.ts";
import { enqueue } from "../../platform/jobs.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction, write } from "../../transaction.ts";
import { record } from "../change.ts";
import type { BlobContent } from "./blob.ts";
import { accessFile, accessTarget, targetOf } from "./file.access.ts";
import { fileAdded, fileReplaced } from "./file.events.ts";
import { inspectJob, thumbnailJob } from "./file.jobs.ts";
import type { FileView } from "./file.view.ts";
import type { Measure } from "./measure.ts";
import { makesThumbnail } from "./thumbnail-types.ts";
import type { Upload } from "./upload.queries.ts";

const takeStatement = statement(
  "upload.take",
  `update files.uploads set size_bytes = 0, completed_file_id = $2 where id = $1 and completed_file_id is null returning id`,
);
const insertBlobStatement = statement(
  "blob.insert",
  `insert into files.blobs (id, organization_id, object_key, size_bytes, sha256, media_type, state, created_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8)`,
);
const insertFileStatement = statement(
  "file.insert",
  `insert into files.files (id, organization_id, project_id, task_id, internal, name, version_number, created_by_id, version, created_at, updated_at)
  values ($1, $2, $3, $4, $5, $6, 1, $7, 1, $8, $8)`,
);
const insertVersionStatement = statement(
  "file-version.insert",
  `insert into files.versions (id, organization_id, file_id, number, blob_id, created_by_id, created_at)
  values ($1, $2, $3, $4, $5, $6, $7)`,
);
const nextNumberStatement = statement(
  "file-version.next",
  `select max(number) + 1 as number from files.versions where file_id = $1`,
);
export const replaceStatement = statement(
  "file.replace",
  `update files.files set version_number = $2, version = version + 1, updated_at = $3 where id = $1`,
);

/**
 * Makes verified bytes of the store a file, or a file's new version; from here on others see them. Rights are asked
 * again: they may have been lost while the bytes came.
 *
 * @throws AppError `not-found` (upload, or where it was to hang) | `access.denied` | `rule.broken`
 */
export const publishFile = (ctx: Ctx, upload: Upload, measure: Measure): Promise<FileView> =>
  inTransaction(ctx, async (ctx) => {
    const blob = { id: v7(), state: ctx.app.config.CLAMD_URL ? ("inspecting" as const) : ("ready" as const) };
    const content = { ...measure, state: blob.state, hasThumbnail: false };
    const before = upload.fileId ? await accessFile(ctx, upload.fileId, "file.update") : null;
    const file = before ? await replaced(ctx, before, content) : await added(ctx, upload, content);

    const [taken] = await ctx.sql.query(takeStatement, [upload.id, file.id]);
    if (!taken) throw notFound("upload", upload.id); // collected, or completed by another call
    write(ctx, insertBlobStatement, [
      blob.id,
      file.organizationId,
      upload.objectKey,
      measure.sizeBytes,
      measure.sha256,
      measure.mediaType,
      blob.state,
      ctx.now,
    ]);
    if (!before) writeFile(ctx, file);
    writeVersion(ctx, file, blob.id);
    if (blob.state === "inspecting") enqueue(ctx, inspectJob, { blobId: blob.id });
    else if (makesThumbnail(measure)) enqueue(ctx, thumbnailJob, { blobId: blob.id });
    return before ? record(ctx, fileReplaced, before, file) : record(ctx, fileAdded, null, file);
  });

/** The file must be locked. */
export async function nextVersionNumber(ctx: Ctx, fileId: string): Promise<number> {
  const [next] = await ctx.sql.query<{ number: number }>(nextNumberStatement, [fileId]);
  return next?.number ?? 1;
}

async function replaced(ctx: Ctx, before: FileView, content: BlobContent): Promise<FileView> {
  const versionNumber = await nextVersionNumber(ctx, before.id);
  write(ctx, replaceStatement, [before.id, versionNumber, ctx.now]);
  return { ...before, ...content, versionNumber, updatedAt: ctx.now.toISOString(), version: before.version + 1 };
}

async function added(ctx: Ctx, upload: Upload, content: BlobContent): Promise<FileView> {
  const target = await accessTarget(ctx, targetOf(upload), "file.upload");
  return newFile(ctx, { ...target, name: upload.name, ...content });
}

/** A file that is about to be written. */
export function newFile(
  ctx: Ctx,
  fields: BlobContent & Pick<FileView, "organizationId" | "projectId" | "taskId" | "internal" | "name">,
): FileView {
  const now = ctx.now.toISOString();
  const { sizeBytes, sha256, mediaType, state, hasThumbnail, ...place } = fields;
  return {
    id: v7(),
    ...place,
    versionNumber: 1,
    sizeBytes,
    sha256,
    mediaType,
    state,
    hasThumbnail,
    createdById: ctx.actor.userId,
    createdAt: now,
    updatedAt: now,
    version: 1,
  };
}

export function writeFile(ctx: Ctx, file: FileView): void {
  write(ctx, insertFileStatement, [
    file.id,
    file.organizationId,
    file.projectId,
    file.taskId,
    file.internal,
    file.name,
    file.createdById,
    ctx.now,
  ]);
}

export function writeVersion(ctx: Ctx, file: FileView, blobId: string): void {
  write(ctx, insertVersionStatement, [
    v7(),
    file.organizationId,
    file.id,
    file.versionNumber,
    blobId,
    ctx.actor.userId,
    ctx.now,
  ]);
}
