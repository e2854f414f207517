import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import type { Ctx, PublicCtx } from "../../context.ts";
import { invalid, notFound } from "../../errors.ts";
import { enqueue } from "../../platform/jobs.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import type { UserView } from "../auth/auth.view.ts";
import { saveProfile } from "../auth/update-profile.ts";
import { profileChange } from "../consequences.ts";
import type { Download } from "./download.ts";
import { collectJob } from "./file.jobs.ts";
import { tooLarge } from "./measure.ts";
import { mediaTypeOf, sampleBytes } from "./media-type.ts";

/** Of the picture that is sent; what is kept is 512 pixels wide. */
const maxBytes = 5 * 1024 * 1024;
const pictures = ["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"];

const keyOf = (avatarId: string) => `avatars/${avatarId}`;

const pendingStatement = statement(
  "avatar.pending",
  "insert into files.garbage (object_key, due_at) values ($1, now() + interval '1 hour')",
);
const keptStatement = statement("avatar.kept", "delete from files.garbage where object_key = $1 returning object_key");
const earlierStatement = statement("avatar.of", `select avatar_id as "avatarId" from auth.users where id = $1`);
const dropStatement = statement(
  "avatar.drop",
  "insert into files.garbage (object_key) values ($1) on conflict (object_key) do nothing",
);

/**
 * Makes a picture the caller's: drawn anew as a square of 512 pixels, so that nothing of the bytes that were sent is ever
 * served. Everybody sees it at once; the one before is removed.
 *
 * @throws AppError `validation.failed` (no picture, or one that cannot be drawn) | `too-large` | `upstream.down` (store)
 */
export async function setAvatar(ctx: Ctx, bytes: Readable): Promise<UserView> {
  const original = await gather(bytes);
  const mediaType = await mediaTypeOf(original.subarray(0, sampleBytes));
  if (!pictures.includes(mediaType)) throw invalid("avatar", "Send a PNG, JPEG, GIF, WebP or AVIF picture.");
  const { drawAvatar } = await import("./make-thumbnail.ts"); // codecs, only where they are used
  const drawn = await drawAvatar(original).catch(() => {
    throw invalid("avatar", "This picture cannot be drawn.");
  });
  const avatarId = randomUUID(); // not by time: knowing it is enough to see the picture
  // Written down before it exists: should anything fail from here on, it is collected.
  await ctx.sql.query(pendingStatement, [keyOf(avatarId)]);
  await ctx.app.store.put(keyOf(avatarId), Readable.from([drawn]));
  return replaceAvatar(ctx, avatarId);
}

/** Takes the caller's picture away. Without one it changes nothing. */
export const removeAvatar = (ctx: Ctx): Promise<UserView> => replaceAvatar(ctx, null);

const replaceAvatar = (ctx: Ctx, avatarId: string | null): Promise<UserView> =>
  inTransaction(ctx, (ctx) =>
    profileChange.around(ctx, { userId: ctx.actor.userId }, async () => {
      const [earlier] = await ctx.sql.query<{ avatarId: string | null }>(earlierStatement, [ctx.actor.userId]);
      if (avatarId) {
        const kept = await ctx.sql.query(keptStatement, [keyOf(avatarId)]);
        if (kept.length === 0) throw notFound("avatar"); // collected: the store took longer than an hour
      }
      const user = await saveProfile(ctx, { avatarId });
      if (earlier?.avatarId) {
        await ctx.sql.query(dropStatement, [keyOf(earlier.avatarId)]);
        enqueue(ctx, collectJob, {}, { key: "collect" });
      }
      return user;
    }),
  );

async function gather(bytes: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of bytes as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const findStatement = statement("avatar.find", `select updated_at as "updatedAt" from auth.users where avatar_id = $1`);
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** A picture for whoever knows its id: pages show it without a credential. @throws AppError `not-found` (also an earlier one) */
export async function findAvatar(ctx: Pick<PublicCtx, "sql">, avatarId: string): Promise<Download> {
  const rows = uuid.test(avatarId) ? await ctx.sql.query<{ updatedAt: string }>(findStatement, [avatarId]) : [];
  const [found] = rows;
  if (!found) throw notFound("avatar");
  return {
    ...{ objectKey: keyOf(avatarId), sizeBytes: null, mediaType: "image/webp", etag: `"${avatarId}"` },
    ...{ modifiedAt: found.updatedAt, name: "avatar.webp", attachment: false },
  };
}
