import { createReadStream } from "node:fs";
import { join } from "node:path";
import { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { Client } from "pg";
import { from as copyFrom } from "pg-copy-streams";
import { migrate, migrationNames } from "../../db/orm.ts";
import type { ObjectStore } from "../../server/platform/object-store.ts";
import { type Manifest, readManifest } from "./manifest.ts";
import { fingerprintOf, plainFormats, type Table, tablesOf } from "./tables.ts";
import { hashing } from "./write.ts";

/**
 * Fills an empty database from a backup, in one transaction, and compares every table with what the backup says of it.
 * The restored database begins a new life (a new epoch), so that clients who saw more than it holds take a fresh
 * snapshot. A backup of an older version is brought to the newest schema afterwards.
 *
 * @throws Error when the backup is damaged or of a newer version, the database is not empty, or they differ in the end
 */
export async function restoreBackup(url: string, directory: string, say: (line: string) => void): Promise<Manifest> {
  const manifest = await readManifest(directory);
  const last = manifest.migrations.at(-1);
  const unknown = manifest.migrations.filter((name) => !migrationNames.includes(name));
  if (!last || unknown.length > 0) throw new Error(`The backup is of a newer version: ${unknown.join(", ")}`);
  await requireWhole(manifest, directory);
  say("the backup is whole");
  await migrate(url, last);
  const client = new Client(url);
  await client.connect();
  try {
    await client.query(plainFormats);
    await client.query("begin");
    await requireEmpty(client);
    await fill(client, manifest, directory);
    await compare(client, manifest);
    await client.query("update feed.life set epoch = gen_random_uuid()");
    await client.query("commit");
    await client.query("analyze");
  } finally {
    await client.end();
  }
  say(`${manifest.tables.length} tables, each as it was`);
  await migrate(url);
  return manifest;
}

/** Damage must show before anything is touched. */
async function requireWhole(manifest: Manifest, directory: string): Promise<void> {
  const files = [
    ...manifest.tables.map(({ file, sha256 }) => ({ file, sha256 })),
    ...(manifest.objects ?? []).map(({ sha256 }, at) => ({ file: `objects/${at}`, sha256 })),
  ];
  const nowhere = () => new Writable({ write: (_chunk, _encoding, done) => done() });
  for (const { file, sha256 } of files) {
    const hash = hashing();
    await pipeline(createReadStream(join(directory, file)), hash.stream, nowhere());
    if (hash.digest() !== sha256) throw new Error(`${join(directory, file)} is damaged.`);
  }
}

async function requireEmpty(client: Client): Promise<void> {
  const { rows } = await client.query<{ used: boolean }>(
    "select exists (select from auth.users) or exists (select from feed.changes) as used",
  );
  if (rows[0]?.used) throw new Error("The database is not empty; a backup is restored into a new one.");
}

/** Constraints between tables are taken away while rows arrive table by table, and must hold again in the end. */
async function fill(client: Client, manifest: Manifest, directory: string): Promise<void> {
  const tables = await tablesOf(client);
  const names = tables.map(({ name }) => name);
  const strangers = manifest.tables.filter(({ name }) => !names.includes(name));
  if (strangers.length > 0) throw new Error(`The schema has no ${strangers.map(({ name }) => name).join(", ")}.`);
  const { rows: references } = await client.query<{ table: string; name: string; definition: string }>(
    `select quote_ident(n.nspname) || '.' || quote_ident(c.relname) as table, quote_ident(k.conname) as name,
      pg_get_constraintdef(k.oid) as definition
    from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
    where k.contype = 'f' and k.conparentid = 0 and quote_ident(n.nspname) || '.' || quote_ident(c.relname) = any($1)`,
    [names],
  );
  for (const { table, name } of references) await client.query(`alter table ${table} drop constraint ${name}`);
  for (const name of names) await client.query(`alter table ${name} disable trigger user`);
  await client.query(`truncate ${names.join(", ")}`);
  for (const { name, columns, file } of manifest.tables) {
    const rows = client.query(copyFrom(`copy ${name} (${columns.join(", ")}) from stdin`));
    await pipeline(createReadStream(join(directory, file)), createGunzip(), rows);
  }
  for (const name of names) await client.query(`alter table ${name} enable trigger user`);
  for (const { table, name, definition } of references)
    await client.query(`alter table ${table} add constraint ${name} ${definition}`);
}

async function compare(client: Client, manifest: Manifest): Promise<void> {
  for (const table of manifest.tables) {
    const { rows, sum } = await fingerprintOf(client, table as Table);
    if (rows !== table.fingerprint.rows || sum !== table.fingerprint.sum)
      throw new Error(`${table.name} differs from the backup; nothing was restored.`);
  }
}

/** Brings the backup's files into the store; those that are there already stay. @returns how many were brought */
export async function restoreObjects(store: ObjectStore, manifest: Manifest, directory: string): Promise<number> {
  let brought = 0;
  for (const [at, { key, sizeBytes }] of (manifest.objects ?? []).entries()) {
    if ((await store.sizeOf(key)) === sizeBytes) continue;
    await store.put(key, createReadStream(join(directory, "objects", String(at))));
    brought += 1;
  }
  return brought;
}
