import type pg from "pg";
import type { App } from "../context.ts";

/** What a call asked of the database. */
export interface Statements {
  /** In the order sent: the names of prepared statements, the texts of others. */
  sent: string[];
  /** The same with their values, so that they can be explained. */
  asked: { text: string; values: readonly unknown[] }[];
  /** How often the process waited: statements sent before an answer came share a round trip. */
  roundTrips: number;
}

/** What the process asks beside any call. */
const besides = new Set(["wake.notify", "revoked-tokens.read"]);

type Query = (
  query: string | { name?: string; text: string; values?: readonly unknown[] },
  ...more: unknown[]
) => Promise<unknown>;

/**
 * Counts the statements that `work` sends through the pool. Nothing else may use it meanwhile.
 *
 * @returns what `work` returned, with the count
 */
export async function countStatements<T>(app: App, work: () => Promise<T>): Promise<Statements & { result: T }> {
  const { pool } = app.database;
  const sent: string[] = [];
  const asked: Statements["asked"] = [];
  let roundTrips = 0;
  let pending = 0;
  const restore: (() => void)[] = [];

  const countOn = (connection: { query: unknown }) => {
    const query = connection.query as Query;
    const counted: Query = (statement, ...more) => {
      const { name, text, values = [] } = typeof statement === "string" ? { text: statement } : statement;
      const isBeside = name !== undefined && besides.has(name);
      const isOfPool = typeof more.at(-1) === "function"; // the pool's own call, which was counted there
      if (isBeside || isOfPool) return query.call(connection, statement, ...more);
      sent.push(name ?? text);
      asked.push({ text, values });
      if (pending === 0) roundTrips += 1;
      pending += 1;
      const answered = () => {
        pending -= 1;
      };
      const answer = query.call(connection, statement, ...more);
      answer.then(answered, answered);
      return answer;
    };
    connection.query = counted;
    restore.push(() => {
      connection.query = query;
    });
  };

  countOn(pool);
  const connect = pool.connect as unknown as { call(pool: pg.Pool, callback?: never): Promise<pg.PoolClient> };
  const countedClients = new Set<pg.PoolClient>();
  const countedConnect = async () => {
    const client = await connect.call(pool);
    if (!countedClients.has(client)) countOn(client);
    countedClients.add(client);
    return client;
  };
  pool.connect = ((callback?: never) =>
    callback ? connect.call(pool, callback) : countedConnect()) as typeof pool.connect;
  restore.push(() => {
    pool.connect = connect as unknown as typeof pool.connect;
  });
  try {
    const result = await work();
    return { result, sent, asked, roundTrips };
  } finally {
    for (const undo of restore.reverse()) undo();
  }
}
