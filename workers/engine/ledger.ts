import type { Pool, PoolClient } from "pg";
import { type Sql, type Statement, sqlOn } from "../../server/platform/sql.ts";

/**
 * A connection of its own for book-keeping: counts of attempts, which must be stored whatever becomes of the attempt,
 * cursors and leases. It never waits for the pool while an attempt holds a connection, and not for the disk either: a
 * power cut may forget the latest entries, which then happen again; a killed process forgets none.
 */
export class Ledger implements Sql {
  readonly #pool: Pool;
  #client: Promise<PoolClient> | null = null;
  #isClosed = false;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async query<Row extends object>(statement: Statement | string, values: readonly unknown[] = []): Promise<Row[]> {
    this.#client ??= this.#open();
    const client = await this.#client;
    return sqlOn(client).query<Row>(statement, values);
  }

  async #open(): Promise<PoolClient> {
    if (this.#isClosed) throw new Error("The ledger is closed");
    try {
      const client = await this.#pool.connect();
      client.once("error", () => {
        this.#client = null;
        client.release(true);
      });
      await client.query("set synchronous_commit = off");
      return client;
    } catch (error) {
      this.#client = null;
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const client = await this.#client?.catch(() => null);
    client?.removeAllListeners("error");
    client?.on("error", () => {});
    client?.release(true);
  }
}
