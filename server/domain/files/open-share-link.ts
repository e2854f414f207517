import type { PublicCtx } from "../../context.ts";
import { AppError, notFound, ruleBroken } from "../../errors.ts";
import { sealedTokens } from "../../platform/sealed-tokens.ts";
import { hashOfSecret } from "../../platform/secrets.ts";
import { statement } from "../../platform/sql.ts";
import { contentOf, type Download, linkSeconds } from "./download.ts";
import { admitToFile } from "./file.access.ts";
import type { FileView } from "./file.view.ts";
import { requireReady } from "./states.ts";

interface Link {
  id: string;
  fileId: string;
  createdById: string;
  passwordHash: string | null;
}

const columns = `id, file_id as "fileId", created_by_id as "createdById", password_hash as "passwordHash"`;
const byTokenStatement = statement(
  "share-link.by-token",
  `select ${columns} from files.share_links where token_hash = $1 and expires_at > now()`,
);
const byIdStatement = statement(
  "share-link.by-id",
  `select ${columns} from files.share_links where id = $1 and expires_at > now()`,
);
const countStatement = statement(
  "share-link.count",
  `update files.share_links set downloads = downloads + 1
  where id = $1 and expires_at > now() and (download_limit is null or downloads < download_limit) returning id`,
);

/** The file of a link, with its maker's rights as they are now. */
async function fileOf(ctx: PublicCtx, link: Link): Promise<FileView> {
  const maker = { ...ctx, actor: { userId: link.createdById, sessionId: link.createdById } };
  try {
    return await admitToFile(maker, link.fileId, "file.read");
  } catch (error) {
    throw error instanceof AppError && error.code === "access.denied" ? notFound("share link") : error;
  }
}

const tokens = ({ app }: PublicCtx) => sealedTokens<{ shareLinkId: string }>(app.config, "shared-download");

export interface OpenedLink {
  url: string;
  name: string;
  sizeBytes: number;
  expiresAt: string;
}

/**
 * Follows a link from outside: counts one download and answers an address for it, which holds for some minutes and
 * takes ranges, so that a download can be resumed. The database decides who gets the last one.
 *
 * @throws AppError `not-found` (no such link, expired, revoked) | `auth.required` (password) | `auth.invalid` (another
 *   password) | `rate-limited` | `rule.broken` (used up, not inspected yet, locked)
 */
export async function openShareLink(ctx: PublicCtx, token: string, password: string | null): Promise<OpenedLink> {
  const [link] = await ctx.sql.query<Link>(byTokenStatement, [hashOfSecret(token)]);
  if (!link) throw notFound("share link");
  await requirePassword(ctx, link, password);
  const file = await fileOf(ctx, link);
  requireReady(file.state);
  const [counted] = await ctx.app.sql.query(countStatement, [link.id]);
  if (!counted) throw ruleBroken("share-link.used-up", "This link was used as often as it may be.");
  const expiresAt = new Date(ctx.now.getTime() + linkSeconds * 1000);
  const sealed = await tokens(ctx).seal({ shareLinkId: link.id }, expiresAt);
  return {
    url: `${ctx.app.config.publicUrl}/files/shared/downloads/${sealed}/${encodeURIComponent(file.name)}`,
    name: file.name,
    sizeBytes: file.sizeBytes,
    expiresAt: expiresAt.toISOString(),
  };
}

async function requirePassword(ctx: PublicCtx, link: Link, password: string | null): Promise<void> {
  if (!link.passwordHash) return;
  if (password === null) throw new AppError("auth.required", "This link asks for a password: POST it as `password`.");
  await ctx.app.limits.consume("share-link:password", link.id);
  if (!(await ctx.app.passwords.matches(link.passwordHash, password))) {
    throw new AppError("auth.invalid", "This is not the link's password.");
  }
}

/** The bytes that `openShareLink` gave an address of, while the link is there. @throws AppError as `openShareLink` */
export async function downloadShared(ctx: PublicCtx, sealed: string): Promise<Download> {
  const { shareLinkId } = await tokens(ctx).open(sealed);
  const [link] = await ctx.sql.query<Link>(byIdStatement, [shareLinkId]);
  if (!link) throw notFound("share link");
  return contentOf(ctx, await fileOf(ctx, link), { thumbnail: false, attachment: true });
}
