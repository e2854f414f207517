import { setImmediate as nextTurn } from "node:timers/promises";
import { LRUCache } from "lru-cache";
import type { Pool } from "pg";
import type { FeedHub } from "./feed-hub.ts";
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

const staleMs = 1_000;
const maxRemembered = 50_000;

const aliveStatement = statement(
  "sessions.alive",
  `select held.id, held.scopes from (
    select s.id, s.user_id, null::text[] as scopes, s.expires_at from auth.sessions s where s.id = any($1::uuid[])
    union all
    select t.id, t.user_id, t.scopes, t.expires_at from auth.api_tokens t where t.id = any($1::uuid[])
    union all
    select k.id, a.id, a.scopes, k.expires_at from organizations.service_secrets k
      join organizations.service_accounts a on a.id = k.service_account_id where k.id = any($1::uuid[])
  ) held join auth.users u on u.id = held.user_id
  where (held.expires_at is null or held.expires_at > now()) and u.disabled_at is null`,
);

/** Those of the given sessions that are neither ended nor expired nor of a disabled account. */
export async function sessionsAlive(sql: Sql, sessionIds: readonly string[]): Promise<Map<string, Standing>> {
  if (sessionIds.length === 0) return new Map();
  const rows = await sql.query<Standing & { id: string }>(aliveStatement, [sessionIds]);
  return new Map(rows.map(({ id, scopes }) => [id, { scopes }]));
}

/** Changes that end a session for good; their entity is the session. */
const ends = new Set(["session.ended", "api-token.revoked"]);

/** Sessions that are asked for at the same time are looked up with one statement. */
export function createSessions(pool: Pool, hub: FeedHub): Sessions {
  const sql = sqlOn(pool);
  const remembered = new LRUCache<string, Promise<Standing | null>>({ max: maxRemembered, ttl: staleMs });
  // An end is final, and must outlive a look-up that began before it.
  const ended = new LRUCache<string, true>({ max: maxRemembered });
  let batch: { ids: string[]; alive: Promise<Map<string, Standing>> } | null = null;

  const unsubscribe = hub.subscribe((changes) => {
    for (const change of changes) if (ends.has(change.type)) ended.set(change.entityId, true);
  });

  async function lookUp(sessionId: string): Promise<Standing | null> {
    if (!batch) {
      const ids: string[] = [];
      const alive = nextTurn().then(() => {
        batch = null;
        return sessionsAlive(sql, ids);
      });
      batch = { ids, alive };
    }
    batch.ids.push(sessionId);
    return (await batch.alive).get(sessionId) ?? null;
  }

  async function find(sessionId: string): Promise<Standing | null> {
    if (ended.has(sessionId)) return null;
    let answer = remembered.get(sessionId);
    if (!answer) {
      answer = lookUp(sessionId);
      remembered.set(sessionId, answer);
      answer.catch(() => remembered.delete(sessionId));
    }
    const standing = await answer;
    return ended.has(sessionId) ? null : standing;
  }

  return {
    find,
    isAlive: async (sessionId) => (await find(sessionId)) !== null,
    byCookie: new LRUCache({ max: maxRemembered }),
    close: unsubscribe,
  };
}
