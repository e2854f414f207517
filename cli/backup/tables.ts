import type { ClientBase } from "pg";
import { thumbnailKey } from "../../server/domain/files/download.ts";

/** A table with what a copy of it needs to know. */
export interface Table {
  /** Quoted, with its schema. */
  readonly name: string;
  /** Quoted; those that PostgreSQL computes are left out. */
  readonly columns: readonly string[];
}

/** How the fingerprints of a table are written must not depend on the server's settings. */
export const plainFormats =
  "set statement_timeout = 0; set lock_timeout = '10s'; set idle_in_transaction_session_timeout = 0; set datestyle = 'ISO'; set timezone = 'UTC'; set extra_float_digits = 1; set bytea_output = 'hex'; set intervalstyle = 'postgres'";

/**
 * Where rows of ours are. The record of the migrations is written by the migrations themselves, and the queues of the
 * embedded broker only carry messages, and are made again.
 */
const ownSchemas = "n.nspname not in ('information_schema', 'public') and n.nspname !~ '^pg_|_queues$'";

/** All tables that hold rows, by name. */
export async function tablesOf(client: ClientBase): Promise<Table[]> {
  const { rows } = await client.query<Table>(
    `select quote_ident(n.nspname) || '.' || quote_ident(c.relname) as name, array(
      select quote_ident(a.attname) from pg_attribute a
      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' order by a.attname
    ) as columns
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and ${ownSchemas} order by 1`,
  );
  return rows;
}

/** What a table holds, whatever the order of its rows. */
export interface Fingerprint {
  readonly rows: number;
  /** Sum of the rows' hashes. */
  readonly sum: string;
}

export async function fingerprintOf(client: ClientBase, { name, columns }: Table): Promise<Fingerprint> {
  const { rows } = await client.query<{ rows: string; sum: string }>(
    `select count(*)::text as rows, coalesce(sum(hashtextextended(row(${columns.join(", ")})::text, 0)::numeric), 0)::text as sum
    from ${name}`,
  );
  const [row] = rows as [{ rows: string; sum: string }];
  return { rows: Number(row.rows), sum: row.sum };
}

/** Names of the migrations that made the schema, in order. */
export async function migrationsOf(client: ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>("select name from public.migrations order by id");
  return rows.map(({ name }) => name);
}

/** Keys of all stored objects that rows speak of: files, and the pictures drawn of them. */
export async function objectKeysOf(client: ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ key: string; drawn: boolean }>(
    "select object_key as key, has_thumbnail as drawn from files.blobs order by 1",
  );
  return rows.flatMap(({ key, drawn }) => (drawn ? [key, thumbnailKey(key)] : [key]));
}
