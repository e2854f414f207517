import type { EntityManager } from "@mikro-orm/postgresql";
import type { Redis } from "ioredis";
import type { Logger } from "pino";
import type { Database } from "../db/orm.ts";
import type { Config } from "./config.ts";
import type { AuditEntry } from "./platform/audit-log.ts";
import type { PendingChange } from "./platform/feed.ts";
import type { FeedHub } from "./platform/feed-hub.ts";
import type { Services } from "./platform/services.ts";
import type { Sql } from "./platform/sql.ts";

/** Who calls. */
export interface Actor {
  readonly userId: string;
  readonly sessionId: string;
  /** Present where a token of limited use acts, whose id is `sessionId` then: an API token, or a program's access token. */
  readonly scopes?: readonly string[];
  /** The session was named by a browser's cookie, not by a token. */
  readonly byCookie?: true;
}

/** What the process holds open and hands to every call. */
export interface App extends Services {
  readonly config: Config;
  readonly database: Database;
  /** Raw statements on any connection of the pool. */
  readonly sql: Sql;
  readonly hub: FeedHub;
  readonly log: Logger;
  /** Shared by the nodes: a hint and a counter, never the truth. null: one process alone. */
  readonly redis: Redis | null;
  /** Names this life of the database (DESIGN §1). */
  readonly epoch: string;
}

/** Where a call came from. */
export interface Origin {
  readonly requestId: string;
  readonly ip: string;
  readonly userAgent: string;
  /** Adds a `Set-Cookie` header to the answer; absent where the answer has no headers. */
  readonly setCookie?: (header: string) => void;
  /** Whether the caller holds the answer of that validator (`Ready`), and needs only be told so; absent where it cannot be told. */
  readonly holds?: (validator: string) => boolean;
}

/** A mutation that the client may send again: acts once, answers the same. */
export interface Mutation {
  readonly id: string;
  /** Of procedure and input, so that a reused id with another request is noticed. */
  readonly requestHash: string;
}

/** Everything an operation may use; `A` is who calls, `null` where signed-out callers are welcome. */
export interface Ctx<A extends Actor | null = Actor> {
  readonly app: App;
  readonly actor: A;
  readonly now: Date;
  readonly origin: Origin;
  readonly mutation: Mutation | null;
  /** Entities and unit of work; inside a transaction bound to it, else for reading. */
  readonly em: EntityManager;
  /** Raw statements; inside a transaction on its connection, else on any of the pool. */
  readonly sql: Sql;
  /** Present inside `inTransaction`. */
  readonly transaction: OpenTransaction | null;
}

export type PublicCtx = Ctx<Actor | null>;

/**
 * The same call on behalf of somebody who has proved who they are only now. Its answer is not kept for a repetition:
 * such calls carry passwords and answer tokens, and neither may be stored.
 */
export const actingAs = (ctx: PublicCtx, actor: Actor): Ctx => ({ ...ctx, actor, mutation: null });

/** What a transaction has gathered so far. */
export interface OpenTransaction {
  readonly changes: PendingChange[];
  /** What the audit log is told if this commits. */
  readonly audits: AuditEntry[];
  /** Statements that were sent and whose answers only matter for the commit. */
  readonly writes: Promise<unknown>[];
  /** Run after the commit and before the answer; must not fail. */
  readonly afterCommit: (() => void)[];
  /** Set by who no longer waits for the work: its connection is closed, so that nothing is done on it any more. */
  isAbandoned?: boolean;
}

/** A context for one call (or one event of a socket, or one job). */
export function contextOf<A extends Actor | null>(app: App, actor: A, origin: Origin): Ctx<A> {
  let em: EntityManager | undefined;
  return {
    app,
    actor,
    now: new Date(),
    origin,
    mutation: null,
    get em() {
      em ??= app.database.em.fork(); // most reads need none
      return em;
    },
    sql: app.sql,
    transaction: null,
  };
}
