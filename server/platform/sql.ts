import pg from "pg";

/** A statement with a name is prepared once per connection: PostgreSQL parses and plans it no more than needed. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/** Raw statements, on a transaction's connection or on any of the pool. Values never become part of the text. */
export interface Sql {
  /** Runs one statement. Calls that do not wait for each other share a round trip and run in the order of the calls. */
  query<Row extends object>(statement: Statement | string, values?: readonly unknown[]): Promise<Row[]>;
}

/** Names must be unique in the process: the same name with another text would run the first one. */
const texts = new Map<string, string>();
export function statement(name: string, text: string): Statement {
  if (texts.has(name)) throw new Error(`Two statements are called ${name}`);
  texts.set(name, text);
  return { name, text };
}

/** `2026-11-22 21:05:31.33+00` (the sessions' time zone is UTC) as ISO 8601 in milliseconds; a Date in between costs five times as much. */
export function instant(text: string): string {
  if (text.length < 22 || text.length > 29 || !text.endsWith("+00")) return new Date(text).toISOString();
  const fraction = text.slice(20, -3);
  return `${text.slice(0, 10)}T${text.slice(11, 19)}.${fraction.length === 3 ? fraction : `${fraction}000`.slice(0, 3)}Z`;
}
const uuids = (text: string) => (text === "{}" ? [] : text.slice(1, -1).split(","));
/** How raw rows read: instants as ISO 8601, days as they are, counts as numbers; so a row can be a view. */
const parsers: Record<number, (text: string) => unknown> = {
  [pg.types.builtins.TIMESTAMPTZ]: instant,
  [pg.types.builtins.DATE]: (text) => text,
  [pg.types.builtins.INT8]: Number,
  2951: uuids, // uuid[]
};
const types = {
  getTypeParser: ((oid: number, format?: "text") =>
    parsers[oid] ?? pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
};

/** Raw statements on a client (one connection, in order) or on a pool (any connection). */
export function sqlOn(connection: Pick<pg.Pool, "query"> | Pick<pg.PoolClient, "query">): Sql {
  return {
    async query<Row extends object>(statement: Statement | string, values: readonly unknown[] = []): Promise<Row[]> {
      const config = typeof statement === "string" ? { text: statement } : statement;
      const result = await (connection as pg.PoolClient).query<Row>({ ...config, values: values as unknown[], types });
      return result.rows;
    },
  };
}
