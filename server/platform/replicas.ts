import pg from "pg";
import type { Logger } from "pino";
import { type Sql, sqlOn, statement } from "./sql.ts";

/** Reads that may be a few seconds old, on copies of the database. */
export interface Replicas {
  /**
   * Runs a read on a replica that answers and is no more than `maxLagMs` behind; on the primary where there is none, and
   * again there if a replica fails on the way.
   */
  read<T>(primary: Sql, read: (sql: Sql) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

declare module "./services.ts" {
  interface Services {
    readonly replicas: Replicas;
  }
}

const maxLagMs = 5_000;
const checkEveryMs = 1_000;
const poolSize = 5;
const timeouts = "-c statement_timeout=5000 -c idle_in_transaction_session_timeout=3000 -c timezone=UTC";

/**
 * How far behind a replica is. Its own clock of the last replayed commit says nothing while nobody writes; so it is
 * asked whether it has replayed what the primary had written some time ago. What is no replica at all is never behind.
 */
export class Freshness {
  #pending: { lsn: string; at: number } | null = null;
  #caughtUpAt = Number.NEGATIVE_INFINITY;

  /** A position of the primary, to be looked for in a replica. */
  target(lsn: string, at: number): string {
    this.#pending ??= { lsn, at };
    return this.#pending.lsn;
  }

  /** Whether the replica had replayed the target. */
  reached(hasReplayed: boolean): void {
    if (!hasReplayed || !this.#pending) return;
    this.#caughtUpAt = this.#pending.at;
    this.#pending = null;
  }

  isFresh(now: number): boolean {
    return now - this.#caughtUpAt <= maxLagMs;
  }
}

const positionStatement = statement(
  "replica.position",
  "select (case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end)::text as lsn",
);
const reachedStatement = statement(
  "replica.reached",
  "select not pg_is_in_recovery() or pg_last_wal_replay_lsn() >= $1::pg_lsn as reached",
);

interface Replica {
  readonly pool: pg.Pool;
  readonly sql: Sql;
  readonly freshness: Freshness;
  isDown: boolean;
}

/** @param urls of PostgreSQL servers that follow the primary; none: everything is read there */
export function openReplicas(urls: readonly string[], log: Logger): Replicas {
  const replicas = urls.map((url): Replica => {
    const pool = new pg.Pool({
      ...{ connectionString: url, max: poolSize, connectionTimeoutMillis: 1_000, options: timeouts },
      application_name: "taskwire replica",
    });
    pool.on("error", () => {}); // the next check notices
    return { pool, sql: sqlOn(pool), freshness: new Freshness(), isDown: false };
  });
  let checked = { at: Number.NEGATIVE_INFINITY, done: Promise.resolve() };
  let turn = 0;

  const check = (primary: Sql): Promise<void> => {
    const now = performance.now();
    if (now - checked.at > checkEveryMs) checked = { at: now, done: checkAll(primary, replicas, log, now) };
    return checked.done;
  };
  return {
    async read(primary, read) {
      if (replicas.length === 0) return read(primary);
      await check(primary);
      const now = performance.now();
      const fresh = replicas.filter(({ freshness, isDown }) => !isDown && freshness.isFresh(now));
      const chosen = fresh[turn++ % Math.max(1, fresh.length)];
      if (!chosen) return read(primary);
      try {
        return await read(chosen.sql);
      } catch (error) {
        log.warn({ err: error }, "A read on a replica failed; it is repeated on the primary");
        return read(primary);
      }
    },
    async close() {
      await Promise.all(replicas.map(({ pool }) => pool.end()));
    },
  };
}

async function checkAll(primary: Sql, replicas: readonly Replica[], log: Logger, now: number): Promise<void> {
  const [position] = await primary.query<{ lsn: string }>(positionStatement);
  await Promise.all(
    replicas.map(async (replica) => {
      try {
        const target = replica.freshness.target(position?.lsn ?? "0/0", now);
        const [found] = await replica.sql.query<{ reached: boolean }>(reachedStatement, [target]);
        replica.freshness.reached(found?.reached ?? false);
        replica.isDown = false;
      } catch (error) {
        if (!replica.isDown) log.warn({ err: error }, "A replica of the database does not answer; others are read");
        replica.isDown = true;
      }
    }),
  );
}
