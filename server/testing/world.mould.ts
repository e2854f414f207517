import { randomBytes } from "node:crypto";
import { Client } from "pg";
import { v7 } from "uuid";
import type { App } from "../context.ts";

/** What an arrangement left in the database, to be had again and again with ids of its own, in one statement. */
export interface Mould<T extends object> {
  /** The arrangement itself, then everything of it once more each time: uuids in it and in its rows are new, in the same order of time. */
  pour(): Promise<T>;
}

interface Table {
  readonly name: string;
  readonly columns: readonly string[];
}

/** Tables that may hold rows of an arrangement, with the columns that can be written. Numbers that a table gives out itself are left out. */
const tablesStatement = `select c.oid::regclass::text as name,
    array_agg(quote_ident(a.attname) order by a.attnum) filter (where a.attgenerated = '' and a.attidentity = '' and coalesce(pg_get_expr(d.adbin, d.adrelid), '') not like 'nextval(%') as columns
  from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
  where c.relkind in ('r', 'p') and not c.relispartition and n.nspname not in ('pg_catalog', 'information_schema', 'public')
  group by c.oid order by 1`;

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** SHA-256 of secrets, which are unique wherever they stand. */
const hash = /(?<=")[\w-]{43}(?=\\?")/g;

/** Arranges something and keeps what it wrote. Nobody else may write meanwhile. */
export async function castMould<T extends object>(app: App, arrange: () => Promise<T>): Promise<Mould<T>> {
  const client = new Client({
    connectionString: app.config.DATABASE_URL,
    options: "-c session_replication_role=replica", // what triggers wrote is among the rows
  });
  client.on("error", () => undefined); // the database is dropped before the connection ends
  await client.connect();
  const { rows: tables } = await client.query<Table>(tablesStatement);
  const read = () => readRows(client, tables);
  const before = new Set(Object.values(await read()).flat());
  const arrangement = await arrange();
  const after = Object.entries(await read()).map(
    ([table, rows]) => [table, rows.filter((row) => !before.has(row))] as const,
  );
  const written = Object.fromEntries(after.filter(([, rows]) => rows.length > 0));
  const text = `{${Object.entries(written)
    .map(([table, rows]) => `${JSON.stringify(table)}:[${rows.join(",")}]`)
    .join(",")}}`;
  const shape = JSON.stringify({ arrangement, text });
  const known = new Set([...before].flatMap((row) => row.match(uuid) ?? []));
  const ids = [...new Set(shape.match(uuid))].filter((id) => !known.has(id)).sort();
  const insert = {
    name: "mould",
    text: `with ${tables
      .filter(({ name }) => name in written)
      .map(
        ({ name, columns }, at) => `t${at} as (
          insert into ${name} (${columns}) select ${columns} from jsonb_populate_recordset(null::${name}, $1::jsonb -> '${name}'))`,
      )
      .join(", ")} select`,
  };

  let isTaken = false;
  return {
    async pour() {
      if (!isTaken) {
        isTaken = true;
        return arrangement;
      }
      const fresh = new Map(ids.map((id) => [id, v7()]));
      const hashes = new Map<string, string>();
      const poured = shape
        .replaceAll(uuid, (id) => fresh.get(id) ?? id)
        .replaceAll(hash, (known) => {
          const another = hashes.get(known) ?? randomBytes(32).toString("base64url");
          hashes.set(known, another);
          return another;
        });
      const { arrangement: copy, text: rows } = JSON.parse(poured) as { arrangement: T; text: string };
      await client.query({ ...insert, values: [rows] });
      return copy;
    },
  };
}

/** Each table's rows as JSON. */
async function readRows(client: Client, tables: readonly Table[]): Promise<Record<string, string[]>> {
  const { rows } = await client.query<{ name: string; rows: string[] }>(
    tables
      .map(
        ({ name, columns }) =>
          `select '${name}' as name, coalesce(array_agg(row_to_json(r)::text), '{}') as rows from (select ${columns} from ${name}) r`,
      )
      .join(" union all "),
  );
  return Object.fromEntries(rows.map(({ name, rows: texts }) => [name, texts]));
}
