import { randomUUID } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * A secret that is made at the first start and kept below `secrets/`, readable by its owner only. Processes that start
 * together agree on one.
 */
export function keptSecret(dataDir: string, name: string, make: () => string | Buffer): string {
  const folder = join(dataDir, "secrets");
  const file = join(folder, name);
  const kept = readIfThere(file);
  if (kept) return kept;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const draft = join(folder, `${randomUUID()}.tmp`);
  writeFileSync(draft, make(), { mode: 0o600, flag: "wx", flush: true });
  try {
    linkSync(draft, file); // a whole file or none, and never over another's
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    rmSync(draft);
  }
  return readFileSync(file, "utf8");
}

function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}
