import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction, write } from "../../transaction.ts";
import { record } from "../change.ts";
import { id, seenVersion } from "../fields.ts";
import { requireSeen } from "../save.ts";
import { accessFile } from "./file.access.ts";
import { fileRenamed } from "./file.events.ts";
import { fileName } from "./file.name.ts";
import type { FileView } from "./file.view.ts";

export const updateFileInput = z.object({
  fileId: id,
  name: z.string().min(1).max(1_000).describe("made safe to save under, as at the upload"),
  version: seenVersion,
});

const renameStatement = statement(
  "file.rename",
  "update files.files set name = $2, version = version + 1, updated_at = $3 where id = $1",
);

/** @throws AppError `not-found` | `access.denied` | `stale` | `rule.broken` (archived project) */
export const updateFile = (ctx: Ctx, input: z.output<typeof updateFileInput>): Promise<FileView> =>
  inTransaction(ctx, async (ctx) => {
    const file = await accessFile(ctx, input.fileId, "file.update");
    requireSeen(file, input.version);
    const name = fileName(input.name);
    if (name === file.name) return file;
    write(ctx, renameStatement, [file.id, name, ctx.now]);
    const renamed = { ...file, name, updatedAt: ctx.now.toISOString(), version: file.version + 1 };
    return record(ctx, fileRenamed, file, renamed);
  });
