import { z } from "zod";
import { instant } from "../fields.ts";

const fileStates = ["inspecting", "ready", "locked"] as const;

export const fileViewSchema = z
  .object({
    id: z.uuid(),
    organizationId: z.uuid(),
    projectId: z.uuid().nullable().describe("null: a file of the organization"),
    taskId: z.uuid().nullable(),
    internal: z.boolean().describe("hidden from guests"),
    name: z.string(),
    versionNumber: z.int().describe("the current one; 1 is the first"),
    sizeBytes: z.int(),
    sha256: z.string().describe("hexadecimal"),
    mediaType: z.string().describe("found in the bytes, not told by who uploaded them"),
    state: z
      .enum(fileStates)
      .describe("only what is `ready` can be downloaded; in what is `locked` something was found"),
    hasThumbnail: z.boolean(),
    createdById: z.uuid(),
    createdAt: instant,
    updatedAt: instant,
    version: z.int(),
  })
  .meta({ id: "File" });

/** A file with its current version. */
export type FileView = z.output<typeof fileViewSchema>;

/** The view's columns, from `fileJoins`. */
export const fileColumns = `f.id, f.organization_id as "organizationId", f.project_id as "projectId", f.task_id as "taskId", f.internal, f.name,
  f.version_number as "versionNumber", b.size_bytes as "sizeBytes", b.sha256, b.media_type as "mediaType", b.state,
  b.has_thumbnail as "hasThumbnail", f.created_by_id as "createdById", f.created_at as "createdAt", f.updated_at as "updatedAt", f.version`;

export const fileJoins = `files.files f
  join files.versions v on v.file_id = f.id and v.number = f.version_number
  join files.blobs b on b.id = v.blob_id`;

export const fileVersionViewSchema = z
  .object({
    id: z.uuid(),
    fileId: z.uuid(),
    number: z.int(),
    sizeBytes: z.int(),
    sha256: z.string(),
    mediaType: z.string(),
    state: z.enum(fileStates),
    hasThumbnail: z.boolean(),
    createdById: z.uuid(),
    createdAt: instant,
  })
  .meta({ id: "FileVersion" });
export type FileVersionView = z.output<typeof fileVersionViewSchema>;

/** From versions `v` and blobs `b`. */
export const fileVersionColumns = `v.id, v.file_id as "fileId", v.number, b.size_bytes as "sizeBytes", b.sha256, b.media_type as "mediaType", b.state,
  b.has_thumbnail as "hasThumbnail", v.created_by_id as "createdById", v.created_at as "createdAt"`;

export const uploadViewSchema = z
  .object({
    id: z.uuid(),
    name: z.string(),
    sizeBytes: z.int(),
    partSizeBytes: z.int().describe("every part but the last has this size"),
    partCount: z.int(),
    expiresAt: instant.describe("what is not completed by then is thrown away"),
  })
  .meta({ id: "Upload" });
export type UploadView = z.output<typeof uploadViewSchema>;

export const shareLinkViewSchema = z
  .object({
    id: z.uuid(),
    organizationId: z.uuid(),
    projectId: z.uuid().nullable(),
    fileId: z.uuid(),
    hasPassword: z.boolean(),
    downloadLimit: z.int().nullable(),
    expiresAt: instant,
    createdById: z.uuid(),
    createdAt: instant,
  })
  .meta({ id: "ShareLink" });
export type ShareLinkView = z.output<typeof shareLinkViewSchema>;

export const shareLinkColumns = `sl.id, sl.organization_id as "organizationId", sl.project_id as "projectId", sl.file_id as "fileId",
  sl.password_hash is not null as "hasPassword", sl.download_limit as "downloadLimit", sl.expires_at as "expiresAt",
  sl.created_by_id as "createdById", sl.created_at as "createdAt"`;
