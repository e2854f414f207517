import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

const fingerprint = z.object({ rows: z.int(), sum: z.string() });

/** What a backup says about itself: `manifest.json`, written last, so that a backup without one is not whole. */
export const manifestSchema = z.object({
  format: z.literal(1),
  at: z.iso.datetime(),
  migrations: z.array(z.string()),
  tables: z.array(
    z.object({
      name: z.string(),
      columns: z.array(z.string()),
      file: z.string(),
      /** Of the file, so that damage shows before anything is touched. */
      sha256: z.string(),
      fingerprint,
    }),
  ),
  /** Copied objects by key, as `objects/<number>`; null: the backup is without files. */
  objects: z.array(z.object({ key: z.string(), sizeBytes: z.int(), sha256: z.string() })).nullable(),
});
export type Manifest = z.output<typeof manifestSchema>;

export const manifestFile = "manifest.json";

/** @throws Error when the directory is no whole backup */
export async function readManifest(directory: string): Promise<Manifest> {
  const text = await readFile(join(directory, manifestFile), "utf8").catch(() => null);
  if (text === null) throw new Error(`${directory} is no whole backup: it has no ${manifestFile}.`);
  return manifestSchema.parse(JSON.parse(text));
}
