import { setTimeout } from "node:timers/promises";
import type { EntityManager } from "@mikro-orm/postgresql";
import type { PoolClient } from "pg";
import type { Actor, Ctx, Mutation, OpenTransaction, PublicCtx } from "./context.ts";
import { AppError, conflict, databaseFault, isConnectionLost } from "./errors.ts";
import { appendToAuditLog } from "./platform/audit-log.ts";
import { appendToFeed, type PendingChange, type StoredChange } from "./platform/feed.ts";
import { kyselyOn } from "./platform/orm-transaction.ts";
import { type Sql, type Statement, sqlOn, statement } from "./platform/sql.ts";
import { traced } from "./platform/tracing.ts";

const maxAttempts = 4;

/**
 * Runs an operation in one transaction; inside another one, as a part of it. Its changes enter the feed with the last
 * statement before COMMIT and reach the gateways after it.
 *
 * BEGIN travels with the operation's first statement, and the feed's statement with COMMIT. A deadlock or serialization
 * failure runs `work` again, so it must touch nothing but the database. A `mutationId` that was answered before gets
 * the same answer and acts no more.
 *
 * @throws whatever `work` throws, after undoing all it did; AppError `conflict` (mutationId used for another request)
 *   | `upstream.down` (connection lost, and the outcome is known to be nothing or cannot be learnt)
 */
export async function inTransaction<A extends Actor | null, T>(
  ctx: Ctx<A>,
  work: (ctx: Ctx<A>) => Promise<T>,
): Promise<T> {
  if (ctx.transaction) return work(ctx);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await traced({ name: "transaction" }, () => attemptTransaction(ctx, work));
    } catch (error) {
      const answered = await earlierAnswer<T>(ctx, ctx.app.database.pool).catch(() => null);
      if (answered) return answered.result;
      if (attempt >= maxAttempts || !isTransient(error)) throw error;
    }
  }
}

/** Deadlock and serialization failure: the same work succeeds when it runs alone. */
const isTransient = (error: unknown) => ["40P01", "40001"].includes(databaseFault(error).code ?? "");

/** Sends a statement that needs no answer: it travels with COMMIT, and fails the transaction if it fails. */
export function write(ctx: PublicCtx, statement: Statement, values: readonly unknown[]): void {
  if (!ctx.transaction) throw new Error(`${statement.name} was written outside a transaction`);
  const sent = ctx.sql.query(statement, values);
  sent.catch(() => {}); // the commit reports it
  ctx.transaction.writes.push(sent);
}

async function attemptTransaction<A extends Actor | null, T>(
  ctx: Ctx<A>,
  work: (ctx: Ctx<A>) => Promise<T>,
): Promise<T> {
  const { database, hub } = ctx.app;
  const client = await database.pool.connect();
  const { connection, end, causeOf } = untilEnded(client);
  const transaction: OpenTransaction = { changes: [], audits: [], writes: [], afterCommit: [] };
  let broken = false;
  try {
    const begun = client.query("begin");
    const earlier = earlierAnswer<T>(ctx, connection);
    for (const sent of [begun, earlier]) sent.catch(() => {}); // awaited below; a failing `work` may come first

    const sql = sqlOn(connection);
    const em = lazyEntityManager(database.em, connection);
    const inner = Object.defineProperty({ ...ctx, transaction, sql }, "em", { get: em.get, enumerable: true });
    const result = await work(inner);
    const answered = await earlier;
    if (answered) {
      end();
      await client.query("rollback");
      return answered.result;
    }
    await begun;
    await em.flush();
    const committing = traced({ name: "feed.append" }, () => commit(ctx, sql, client, transaction, result));
    end();
    const changes = await committing;
    for (const hook of transaction.afterCommit) hook();
    if (changes.length > 0) hub.publish(changes);
    return result;
  } catch (error) {
    end();
    broken =
      transaction.isAbandoned ||
      (await client.query("rollback").then(
        () => false,
        () => true,
      ));
    throw causeOf(error);
  } finally {
    client.release(broken);
  }
}

/**
 * A connection for the length of a transaction. A branch of the work that is still running when another one fails
 * must not write after the rollback, when the same connection would commit each statement by itself.
 */
function untilEnded(client: PoolClient) {
  let ended = false;
  let failure: unknown;
  const query = (...args: Parameters<PoolClient["query"]>) => {
    if (ended) return Promise.reject(new Error("The transaction has ended"));
    const sent = client.query(...args) as unknown as Promise<unknown>;
    sent.catch((error: unknown) => {
      failure ??= error;
    });
    return sent;
  };
  return {
    connection: { query } as unknown as Pick<PoolClient, "query">,
    end: () => {
      ended = true;
    },
    /** What was sent after a statement that failed fails too (25P02), and may be heard of first. */
    causeOf: (error: unknown) => (databaseFault(error).code === "25P02" ? (failure ?? error) : error),
  };
}

/** Sends the feed's statement and COMMIT together, and settles a connection lost in between. */
async function commit(
  ctx: PublicCtx,
  sql: Sql,
  client: PoolClient,
  { changes, audits, writes }: OpenTransaction,
  result: unknown,
): Promise<StoredChange[]> {
  const mutation = ctx.mutation && ctx.actor ? { ...ctx.mutation, actorId: ctx.actor.userId, result } : null;
  if (audits.length > 0) writes.push(appendToAuditLog(sql, ctx, audits));
  const appended =
    changes.length > 0 || mutation
      ? appendToFeed(sql, ctx.actor?.userId ?? null, changes, mutation)
      : Promise.resolve([]);
  const outcomes = await Promise.allSettled([...writes, appended, client.query("commit")]);
  const failure = outcomes.find((outcome) => outcome.status === "rejected");
  if (failure && isConnectionLost(failure.reason)) return settleLostCommit(ctx, client, changes, failure.reason);
  if (failure) throw failure.reason;
  return appended;
}

const sessionStatement = statement("commit.session", "select 1 from pg_stat_activity where pid = $1");
const storedStatement = statement(
  "commit.stored",
  `select channel, seq, id, at, actor_id as "actorId", type, entity, op, entity_id as "entityId", patch, revokes
  from feed.changes where entity_id = any($1::uuid[]) and id = any($2::uuid[]) order by channel, seq`,
);

/**
 * A connection lost during COMMIT leaves the outcome unknown. Once the server has ended that session, the changes are
 * stored or they never will be; so wait for its end and look.
 *
 * @returns the changes, if the transaction was committed
 * @throws AppError `upstream.down` with `details.outcome` "nothing" or "unknown"
 */
async function settleLostCommit(
  ctx: PublicCtx,
  client: PoolClient,
  changes: readonly PendingChange[],
  cause: unknown,
): Promise<StoredChange[]> {
  const down = (outcome: "nothing" | "unknown") =>
    new AppError("upstream.down", "The database went away; try again.", { retry: true, outcome }, { cause });
  if (changes.length === 0) throw down("unknown");
  const sql = sqlOn(ctx.app.database.pool);
  const { processID } = client as unknown as { processID: number };
  const deadline = Date.now() + 10_000;
  while (Date.now() < deadline) {
    try {
      const alive = await sql.query(sessionStatement, [processID]);
      if (alive.length === 0) {
        const found = await sql.query<StoredChange>(storedStatement, [
          changes.map((c) => c.entityId),
          changes.map((c) => c.id),
        ]);
        if (found.length === 0) throw down("nothing");
        return found;
      }
    } catch (error) {
      if (!isConnectionLost(error)) throw error;
    }
    await setTimeout(100);
  }
  throw down("unknown");
}

const answerStatement = statement(
  "mutation.answer",
  `select request_hash as "requestHash", result from feed.mutations where actor_id = $1 and mutation_id = $2`,
);

/** The stored answer of a mutation that was sent before. */
async function earlierAnswer<T>(
  ctx: PublicCtx,
  connection: Parameters<typeof sqlOn>[0],
): Promise<{ result: T } | null> {
  if (!ctx.mutation || !ctx.actor) return null;
  const [row] = await sqlOn(connection).query<{ requestHash: string; result: T }>(answerStatement, [
    ctx.actor.userId,
    ctx.mutation.id,
  ]);
  if (!row) return null;
  requireSameRequest(row.requestHash, ctx.mutation);
  return { result: row.result };
}

function requireSameRequest(requestHash: string, mutation: Mutation): void {
  if (requestHash !== mutation.requestHash) {
    throw conflict("This mutationId belongs to another request.", { mutationId: mutation.id });
  }
}

/** Reads of one moment: a repeatable-read, read-only transaction. */
export async function inSnapshot<A extends Actor | null, T>(
  ctx: Ctx<A>,
  work: (ctx: Ctx<A>) => Promise<T>,
): Promise<T> {
  const client = await ctx.app.database.pool.connect();
  const { connection, end, causeOf } = untilEnded(client);
  let broken = false;
  try {
    const begun = client.query("begin isolation level repeatable read read only");
    begun.catch(() => {});
    const em = lazyEntityManager(ctx.app.database.em, connection).get();
    const result = await work({ ...ctx, sql: sqlOn(connection), em });
    await begun;
    end();
    await client.query("commit");
    return result;
  } catch (error) {
    end();
    broken = await client.query("rollback").then(
      () => false,
      () => true,
    );
    throw causeOf(error);
  } finally {
    client.release(broken);
  }
}

/** An entity manager on the transaction's connection, made when an operation first asks for it. */
function lazyEntityManager(root: EntityManager, client: Pick<PoolClient, "query">) {
  let em: EntityManager | null = null;
  return {
    get(): EntityManager {
      if (!em) {
        em = root.fork();
        em.setTransactionContext(kyselyOn(client));
      }
      return em;
    },
    async flush() {
      await em?.flush();
    },
  };
}
