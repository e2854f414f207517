import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { notFound } from "../../errors.ts";
import { sealedTokens } from "../../platform/sealed-tokens.ts";
import { statement } from "../../platform/sql.ts";
import { id } from "../fields.ts";
import { accessFile } from "./file.access.ts";
import type { FileView } from "./file.view.ts";
import { requireReady } from "./states.ts";

/** How long a link works that was made for one download. */
export const linkSeconds = 300;

export const downloadInput = z.strictObject({
  fileId: id,
  versionNumber: z.int().min(1).max(2_147_483_647).optional().describe("default: the current one"),
  thumbnail: z.boolean().default(false).describe("a small WebP picture instead of the file"),
  attachment: z.boolean().default(false).describe("to be saved, also where it could be shown"),
});
export type DownloadInput = z.output<typeof downloadInput>;

/** Bytes that somebody may have. */
export interface Download {
  objectKey: string;
  sizeBytes: number | null;
  mediaType: string;
  /** Of the bytes; the same bytes have the same one. */
  etag: string;
  modifiedAt: string;
  name: string;
  attachment: boolean;
}

interface Content {
  objectKey: string;
  sizeBytes: number;
  mediaType: string;
  sha256: string;
  state: FileView["state"];
  hasThumbnail: boolean;
  createdAt: string;
}
const contentStatement = statement(
  "file.content",
  `select b.object_key as "objectKey", b.size_bytes as "sizeBytes", b.media_type as "mediaType", b.sha256, b.state,
    b.has_thumbnail as "hasThumbnail", v.created_at as "createdAt"
  from files.versions v join files.blobs b on b.id = v.blob_id where v.file_id = $1 and v.number = $2`,
);

/** Where an image's thumbnail is. */
export const thumbnailKey = (objectKey: string) => `${objectKey}-thumbnail`;

/** The bytes of a file that a door was passed to. @throws AppError `not-found` | `rule.broken` (not inspected yet, locked) */
export async function contentOf(
  ctx: Pick<Ctx, "sql">,
  file: Pick<FileView, "id" | "name" | "versionNumber">,
  { versionNumber = file.versionNumber, thumbnail, attachment }: Omit<DownloadInput, "fileId">,
): Promise<Download> {
  const [content] = await ctx.sql.query<Content>(contentStatement, [file.id, versionNumber]);
  if (!content || (thumbnail && !content.hasThumbnail)) throw notFound(thumbnail ? "thumbnail" : "file version");
  requireReady(content.state);
  const { objectKey, sizeBytes, mediaType, sha256, createdAt } = content;
  return thumbnail
    ? {
        objectKey: thumbnailKey(objectKey),
        sizeBytes: null,
        mediaType: "image/webp",
        etag: `"${sha256}-thumbnail"`,
        modifiedAt: createdAt,
        name: `${file.name}.webp`,
        attachment,
      }
    : { objectKey, sizeBytes, mediaType, etag: `"${sha256}"`, modifiedAt: createdAt, name: file.name, attachment };
}

/**
 * A file's bytes, for whoever may read it now.
 *
 * @throws AppError `not-found` | `rule.broken` (not inspected yet, locked)
 */
export async function download(ctx: Ctx, { fileId, ...how }: DownloadInput): Promise<Download> {
  return contentOf(ctx, await accessFile(ctx, fileId, "file.read"), how);
}

export const downloadLinkSchema = z.object({
  url: z.string().describe("for the caller alone to use: it works while they may read the file"),
  expiresAt: z.iso.datetime(),
});

type LinkToken = DownloadInput & { userId: string };
const linkTokens = (ctx: Pick<Ctx, "app">) => sealedTokens<LinkToken>(ctx.app.config, "file-download");

/**
 * A link that needs no other credential, for a browser to follow.
 *
 * @throws AppError `not-found` | `rule.broken` (not inspected yet, locked)
 */
export async function linkToFile(ctx: Ctx, input: DownloadInput): Promise<z.output<typeof downloadLinkSchema>> {
  const { name } = await download(ctx, input);
  const { urls, expiresAt } = await signLinks(ctx, [{ input, name }]);
  return { url: urls[0] as string, expiresAt };
}

/** Signs links to bytes that the caller may have now. */
export async function signLinks(ctx: Ctx, to: readonly { readonly input: DownloadInput; readonly name: string }[]) {
  const expiresAt = new Date(ctx.now.getTime() + linkSeconds * 1000);
  const { userId } = ctx.actor;
  const { seal } = linkTokens(ctx);
  const tokens = await Promise.all(to.map(({ input }) => seal({ ...input, userId }, expiresAt)));
  const urlOf = (name: string, at: number) =>
    `${ctx.app.config.publicUrl}/files/links/${tokens[at]}/${encodeURIComponent(name)}`;
  return { urls: to.map(({ name }, at) => urlOf(name, at)), expiresAt: expiresAt.toISOString() };
}

/** @throws AppError `auth.expired` | `auth.invalid` */
export const openLink = (ctx: Pick<Ctx, "app">, token: string): Promise<LinkToken> => linkTokens(ctx).open(token);
