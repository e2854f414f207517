import {
  type CompiledQuery,
  type DatabaseConnection,
  type Driver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from "kysely";
import type pg from "pg";

/**
 * A Kysely over one connection whose transaction is begun and ended elsewhere. MikroORM takes it as a transaction
 * context, so that entities and raw statements of an operation share one transaction and its round trips.
 */
export function kyselyOn(client: Pick<pg.PoolClient, "query">): Kysely<unknown> {
  const connection: DatabaseConnection = {
    async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
      const result = await client.query(query.sql, [...query.parameters]);
      const affected = ["INSERT", "UPDATE", "DELETE", "MERGE"].includes(result.command)
        ? BigInt(result.rowCount ?? 0)
        : undefined;
      return affected === undefined ? { rows: result.rows } : { rows: result.rows, numAffectedRows: affected };
    },
    streamQuery: () => unsupported(),
  };
  const driver: Driver = {
    init: async () => {},
    acquireConnection: async () => connection,
    releaseConnection: async () => {},
    beginTransaction: unsupported,
    commitTransaction: unsupported,
    rollbackTransaction: unsupported,
    destroy: async () => {},
  };
  return new Kysely({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => driver,
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  });
}

function unsupported(): never {
  throw new Error("The transaction belongs to inTransaction");
}
