import { generateKeyPairSync, randomUUID } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * The private key that signs access tokens where none is configured: made at the first start and kept, readable by its
 * owner only, as `secrets/jwt-private-key.pem`. Processes that start together agree on one.
 */
export function signingKeyPem(dataDir: string): string {
  const folder = join(dataDir, "secrets");
  const file = join(folder, "jwt-private-key.pem");
  const kept = readIfThere(file);
  if (kept) return kept;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { privateKey } = generateKeyPairSync("ed25519");
  const draft = join(folder, `${randomUUID()}.tmp`);
  writeFileSync(draft, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600, flag: "wx", flush: true });
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
