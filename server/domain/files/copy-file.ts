import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { invalid, notFound } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { id } from "../fields.ts";
import { shareBlob } from "./blob.ts";
import { accessTarget, admitToFile, targetFields } from "./file.access.ts";
import { fileAdded } from "./file.events.ts";
import { fileName } from "./file.name.ts";
import type { FileView } from "./file.view.ts";
import { newFile, writeFile, writeVersion } from "./publish-file.ts";

export const copyFileInput = z.object({
  fileId: id,
  ...targetFields,
  name: z.string().min(1).max(1_000).optional().describe("default: that of the original"),
});

const currentStatement = statement(
  "file.current-blob",
  `select v.blob_id as "blobId" from files.files f join files.versions v on v.file_id = f.id and v.number = f.version_number
  where f.id = $1`,
);

/**
 * Copies a file's current version to another place of its organization. The two share their bytes, which take space
 * once, and are otherwise independent: what happens to one leaves the other as it is.
 *
 * @throws AppError `not-found` | `access.denied` | `validation.failed` (place, another organization)
 *   | `rule.broken` (locked, archived project, task in the trash)
 */
export const copyFile = (ctx: Ctx, input: z.output<typeof copyFileInput>): Promise<FileView> =>
  inTransaction(ctx, async (ctx) => {
    const { fileId, name, ...where } = input;
    const original = await admitToFile(ctx, fileId, "file.read");
    const target = await accessTarget(ctx, where, "file.upload");
    if (target.organizationId !== original.organizationId) {
      throw invalid("organizationId", "A file can only be copied within its organization.");
    }
    const [current] = await ctx.sql.query<{ blobId: string }>(currentStatement, [fileId]);
    if (!current) throw notFound("file", fileId);
    const { id: blobId, ...content } = await shareBlob(ctx, current.blobId);
    const { internal: wasInternal } = original;
    if (wasInternal && !target.internal) throw invalid("internal", "A copy of an internal file stays internal.");
    const copy = newFile(ctx, { ...target, name: name ? fileName(name) : original.name, ...content });
    writeFile(ctx, copy);
    writeVersion(ctx, copy, blobId);
    return record(ctx, fileAdded, null, copy);
  });
