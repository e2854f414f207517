import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { Client } from "pg";
import { to as copyTo } from "pg-copy-streams";
import type { App } from "../../server/context.ts";
import { type Manifest, manifestFile } from "./manifest.ts";
import { fingerprintOf, migrationsOf, objectKeysOf, plainFormats, type Table, tablesOf } from "./tables.ts";

interface BackupOptions {
  /** Copies the stored files, too. */
  readonly withFiles: boolean;
  /** Told of each step. */
  say(line: string): void;
}

/**
 * Writes all rows as of one moment into a new directory, and then, if wanted, the files that these rows speak of. The
 * server may go on working meanwhile.
 *
 * @throws Error when the directory exists
 */
export async function writeBackup(app: App, url: string, directory: string, options: BackupOptions): Promise<Manifest> {
  await mkdir(join(directory, "tables"), { recursive: false }).catch(async (error) => {
    if (error.code !== "ENOENT") throw new Error(`${directory} exists already; name a new directory.`);
    await mkdir(join(directory, "tables"), { recursive: true });
  });
  const client = new Client(url);
  await client.connect();
  try {
    await client.query(plainFormats);
    await client.query("begin isolation level repeatable read read only");
    const migrations = await migrationsOf(client);
    const tables: Manifest["tables"] = [];
    for (const table of await tablesOf(client)) tables.push(await writeTable(client, table, directory));
    options.say(`${tables.length} tables, ${tables.reduce((sum, table) => sum + table.fingerprint.rows, 0)} rows`);
    const objects = options.withFiles ? await writeObjects(app, await objectKeysOf(client), directory) : null;
    if (objects) options.say(`${objects.length} files`);
    await client.query("commit");
    const manifest: Manifest = { format: 1, at: new Date().toISOString(), migrations, tables, objects };
    const draft = join(directory, `${manifestFile}.draft`);
    await writeFile(draft, `${JSON.stringify(manifest, null, 2)}\n`, { flush: true });
    await rename(draft, join(directory, manifestFile));
    return manifest;
  } finally {
    await client.end();
  }
}

async function writeTable(client: Client, table: Table, directory: string): Promise<Manifest["tables"][number]> {
  const file = `tables/${table.name.replaceAll('"', "")}.copy.gz`;
  const hash = hashing();
  const rows = client.query(copyTo(`copy ${table.name} (${table.columns.join(", ")}) to stdout`));
  await pipeline(
    rows,
    createGzip(),
    hash.stream,
    createWriteStream(join(directory, file), { flags: "wx", flush: true }),
  );
  const fingerprint = await fingerprintOf(client, table);
  return { name: table.name, columns: [...table.columns], file, sha256: hash.digest(), fingerprint };
}

async function writeObjects(app: App, keys: readonly string[], directory: string) {
  await mkdir(join(directory, "objects"));
  const objects: NonNullable<Manifest["objects"]> = [];
  for (const [at, key] of keys.entries()) {
    if ((await app.store.sizeOf(key)) === null) continue; // its deletion was under way
    const hash = hashing();
    const target = createWriteStream(join(directory, "objects", String(objects.length)), { flush: true });
    await pipeline(await app.store.get(key), hash.stream, target);
    objects.push({ key, sizeBytes: hash.sizeBytes(), sha256: hash.digest() });
    if (at % 1_000 === 999) app.log.info({ done: at + 1, of: keys.length }, "copying files");
  }
  return objects;
}

/** Passes bytes on, and knows their hash afterwards. */
export function hashing() {
  const hash = createHash("sha256");
  let size = 0;
  const stream = new Transform({
    transform(chunk: Buffer, _, done) {
      hash.update(chunk);
      size += chunk.length;
      done(null, chunk);
    },
  });
  return { stream, digest: () => hash.digest("hex"), sizeBytes: () => size };
}
