import { setImmediate as nextTurn } from "node:timers/promises";
import { LRUCache } from "lru-cache";
import type { Pool } from "pg";
import type { FeedHub } from "./feed-hub.ts";
import { createSessionEnds } from "./session-ends.ts";
import { type Sql, sqlOn, statement } from "./sql.ts";
import type { TokenSubject } from "./tokens.ts";

/** What a living session, API token or program's secret is good for. */
export interface Standing {
  /** null: for everything that its owner may do. */
  readonly scopes: readonly string[] | null;
}

/** Which sessions live, asked on every call and answered from memory most of the time. API tokens and programs' secrets count as sessions. */
export interface Sessions {
  /** null where `isAlive` is false. */
  find(sessionId: string): Promise<Standing | null>;
  /** Wrong for at most `staleMs` after the end of a session; not at all once the end was published on the hub. */
  isAlive(sessionId: string): Promise<boolean>;
  /** Whose a session cookie is, by its hash: that never changes. Whether the session lives, `isAlive` tells. */
  readonly byCookie: LRUCache<string, TokenSubject>;
  close(): void;
}

declare module "./services.ts" {
  interface Services {
    readonly sessions: Sessions;
  }
}

/** So long an answer is good by itself; later it is as long as nothing was taken from what it rests on. */
const staleMs = 1_000;
const memoryMs = 300_000;
const maxRemembered = 50_000;

const aliveStatement = statement(
  "sessions.alive",
  `select held.id, held.scopes, held.user_id as "userId", (extract(epoch from now()) * 1000)::float8 as "askedAtMs",
    (extract(epoch from held.expires_at - now()) * 1000)::float8 as "expiresInMs"
  from (
    select s.id, s.user_id, null::text[] as scopes, s.expires_at from auth.sessions s where s.id = any($1::uuid[])
    union all
    select t.id, t.user_id, t.scopes, t.expires_at from auth.api_tokens t where t.id = any($1::uuid[])
    union all
    select k.id, a.id, a.scopes, k.expires_at from organizations.service_secrets k
      join organizations.service_accounts a on a.id = k.service_account_id where k.id = any($1::uuid[])
  ) held join auth.users u on u.id = held.user_id
  where (held.expires_at is null or held.expires_at > now()) and u.disabled_at is null`,
);

/** A standing, and how long it may be relied on. */
interface Found extends Standing {
  readonly userId: string;
  /** By the database's clock. */
  readonly askedAtMs: number;
  /** null: it does not expire. */
  readonly expiresInMs: number | null;
}

async function findAlive(sql: Sql, sessionIds: readonly string[]): Promise<Map<string, Found>> {
  if (sessionIds.length === 0) return new Map();
  const rows = await sql.query<Found & { id: string }>(aliveStatement, [sessionIds]);
  return new Map(rows.map(({ id, ...found }) => [id, found]));
}

/** Those of the given sessions that are neither ended nor expired nor of a disabled account. */
export const sessionsAlive: (sql: Sql, sessionIds: readonly string[]) => Promise<ReadonlyMap<string, Standing>> =
  findAlive;

/** Changes that end a session for good; their entity is the session. */
const endings = new Set(["session.ended", "api-token.revoked"]);

/**
 * Sessions that are asked for at the same time are looked up with one statement. What was found is remembered for minutes;
 * what takes it away, by whichever way, is read once a second for all of them (`SessionEnds`).
 */
export function createSessions(pool: Pool, hub: FeedHub): Sessions {
  const sql = sqlOn(pool);
  const ends = createSessionEnds(sql, memoryMs);
  const remembered = new LRUCache<string, { askedAt: number; answer: Promise<Found | null> }>({
    max: maxRemembered,
    ttl: memoryMs,
  });
  // An end is final, and must outlive a look-up that began before it.
  const ended = new LRUCache<string, true>({ max: maxRemembered });
  let batch: { ids: string[]; alive: Promise<Map<string, Found>> } | null = null;

  const unsubscribe = hub.subscribe((changes) => {
    for (const change of changes) if (endings.has(change.type)) ended.set(change.entityId, true);
  });

  async function lookUp(sessionId: string): Promise<Found | null> {
    if (!batch) {
      const ids: string[] = [];
      const alive = nextTurn().then(() => {
        batch = null;
        return findAlive(sql, ids);
      });
      batch = { ids, alive };
    }
    batch.ids.push(sessionId);
    return (await batch.alive).get(sessionId) ?? null;
  }

  function ask(sessionId: string): Promise<Found | null> {
    const answer = lookUp(sessionId);
    const entry = { askedAt: performance.now(), answer };
    remembered.set(sessionId, entry);
    answer.catch(() => {
      if (remembered.peek(sessionId) === entry) remembered.delete(sessionId);
    });
    return answer;
  }

  async function find(sessionId: string): Promise<Found | null> {
    if (ended.has(sessionId)) return null;
    const entry = remembered.get(sessionId);
    let found = await (entry?.answer ?? ask(sessionId));
    if (entry) {
      const ageMs = performance.now() - entry.askedAt;
      const holds =
        ageMs < staleMs ||
        (found !== null &&
          (found.expiresInMs === null || ageMs < found.expiresInMs) &&
          !(await ends.since(found.askedAtMs, [sessionId, found.userId])));
      // Whoever found out first has asked already.
      if (!holds) found = await (remembered.get(sessionId) === entry ? ask(sessionId) : find(sessionId));
    }
    return found !== null && !ended.has(sessionId) ? found : null;
  }

  return {
    find,
    isAlive: async (sessionId) => (await find(sessionId)) !== null,
    byCookie: new LRUCache({ max: maxRemembered }),
    close: unsubscribe,
  };
}
