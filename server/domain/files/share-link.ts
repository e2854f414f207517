import { v7 } from "uuid";
import { z } from "zod";
import type { Ctx, PublicCtx } from "../../context.ts";
import { notFound, ruleBroken } from "../../errors.ts";
import { derivedSecret, hashOfSecret } from "../../platform/secrets.ts";
import { signingKeyPem } from "../../platform/signing-key.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction, write } from "../../transaction.ts";
import { record } from "../change.ts";
import { id } from "../fields.ts";
import { accessFile } from "./file.access.ts";
import { fileShared, fileUnshared } from "./file.events.ts";
import { type ShareLinkView, shareLinkColumns, shareLinkViewSchema } from "./file.view.ts";

export const createShareLinkInput = z.object({
  fileId: id,
  expiresInHours: z
    .int()
    .min(1)
    .max(24 * 365)
    .default(24 * 7),
  password: z.string().min(8).max(200).optional().describe("asked of whoever follows the link"),
  downloadLimit: z.int().min(1).max(1_000_000).optional(),
});

const insertStatement = statement(
  "share-link.insert",
  `insert into files.share_links (id, organization_id, project_id, file_id, token_hash, password_hash, download_limit, created_by_id, created_at, expires_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
);

/**
 * What the link ends with: 256 bits that only the server can compute, so they are kept nowhere, neither here nor among
 * the answers of mutations. Rows hold a hash, so links outlive a change of the server's key.
 */
function tokenOf({ app: { config } }: PublicCtx, shareLinkId: string): string {
  return derivedSecret(config.JWT_PRIVATE_KEY ?? signingKeyPem(config.DATA_DIR), `share-link:${shareLinkId}`);
}

/**
 * Lets whoever has the link download a file, until it expires, is used up or is revoked, or its maker may no longer read
 * the file.
 *
 * @throws AppError `not-found` | `access.denied` | `rule.broken` (internal file, archived project)
 */
export async function createShareLink(
  ctx: Ctx,
  { fileId, expiresInHours, password, downloadLimit }: z.output<typeof createShareLinkInput>,
): Promise<ShareLinkView> {
  const passwordHash = password ? await ctx.app.passwords.hash(password) : null; // takes long: not in a transaction
  return inTransaction(ctx, async (ctx) => {
    const file = await accessFile(ctx, fileId, "file.share");
    if (file.internal) throw ruleBroken("file.internal", "An internal file cannot be shared.");
    const link: ShareLinkView = {
      id: v7(),
      organizationId: file.organizationId,
      projectId: file.projectId,
      fileId,
      hasPassword: passwordHash !== null,
      downloadLimit: downloadLimit ?? null,
      expiresAt: new Date(ctx.now.getTime() + expiresInHours * 3_600_000).toISOString(),
      createdById: ctx.actor.userId,
      createdAt: ctx.now.toISOString(),
    };
    write(ctx, insertStatement, [
      link.id,
      link.organizationId,
      link.projectId,
      fileId,
      hashOfSecret(tokenOf(ctx, link.id)),
      passwordHash,
      link.downloadLimit,
      link.createdById,
      ctx.now,
      link.expiresAt,
    ]);
    return record(ctx, fileShared, null, link);
  });
}

export const fileLinksInput = z.strictObject({ fileId: id });
export const listedShareLinkSchema = shareLinkViewSchema.extend({
  downloads: z.int(),
  url: z.string().describe("what is passed on"),
});

const listStatement = statement(
  "share-link.list",
  `select ${shareLinkColumns}, sl.downloads from files.share_links sl where sl.file_id = $1 order by sl.id desc limit 200`,
);

/** A file's links with their addresses, the latest first. @throws AppError `not-found` | `access.denied` */
export async function listShareLinks(ctx: Ctx, { fileId }: z.output<typeof fileLinksInput>) {
  const [, links] = await Promise.all([
    accessFile(ctx, fileId, "file.share"),
    ctx.sql.query<ShareLinkView & { downloads: number }>(listStatement, [fileId]),
  ]);
  const { publicUrl } = ctx.app.config;
  return { items: links.map((link) => ({ ...link, url: `${publicUrl}/files/shared/${tokenOf(ctx, link.id)}` })) };
}

export const shareLinkInput = z.object({ shareLinkId: id });

const fileOfLinkStatement = statement(
  "share-link.file",
  `select file_id as "fileId" from files.share_links where id = $1`,
);
const deleteStatement = statement(
  "share-link.delete",
  `delete from files.share_links sl where sl.id = $1 returning ${shareLinkColumns}`,
);

/** Revokes a link: from now on it leads nowhere. @throws AppError `not-found` (also when repeated) | `access.denied` */
export const deleteShareLink = (ctx: Ctx, { shareLinkId }: z.output<typeof shareLinkInput>): Promise<{ id: string }> =>
  inTransaction(ctx, async (ctx) => {
    const [found] = await ctx.sql.query<{ fileId: string }>(fileOfLinkStatement, [shareLinkId]);
    if (!found) throw notFound("share link", shareLinkId);
    await accessFile(ctx, found.fileId, "file.share").catch((error) => {
      throw error.code === "not-found" ? notFound("share link", shareLinkId) : error;
    });
    const [link] = await ctx.sql.query<ShareLinkView>(deleteStatement, [shareLinkId]);
    if (!link) throw notFound("share link", shareLinkId);
    record(ctx, fileUnshared, link, null);
    return { id: shareLinkId };
  });
