import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { id } from "../fields.ts";
import { signLinks } from "./download.ts";
import { visibleFiles } from "./file.access.ts";

export const listThumbnailsInput = z.strictObject({ fileIds: z.array(id).min(1).max(100) });

export const thumbnailsSchema = z.object({
  items: z.array(z.object({ fileId: z.uuid(), url: z.string() })).describe("of those files that have one"),
  expiresAt: z.iso.datetime(),
});

/**
 * Links to small pictures, for a page that shows many at once. Files that have none, or that the caller does not see,
 * are left out.
 */
export async function listThumbnails(
  ctx: Ctx,
  { fileIds }: z.output<typeof listThumbnailsInput>,
): Promise<z.output<typeof thumbnailsSchema>> {
  const files = (await visibleFiles(ctx, fileIds)).filter((file) => file.state === "ready" && file.hasThumbnail);
  const { urls, expiresAt } = await signLinks(
    ctx,
    files.map(({ id, name }) => ({ input: { fileId: id, thumbnail: true, attachment: false }, name })),
  );
  return { items: files.map(({ id }, at) => ({ fileId: id, url: urls[at] as string })), expiresAt };
}
