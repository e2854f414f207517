import { setImmediate as nextTurn } from "node:timers/promises";
import { LRUCache } from "lru-cache";
import type { Pool } from "pg";
import type { FeedHub } from "./feed-hub.ts";
import { type Sql, sqlOn, statement } from "./sql.ts";
import type { TokenSubject } from "./tokens.ts";

/** Which sessions live, asked on every call and answered from memory most of the time. */
export interface Sessions {
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
  `select s.id from auth.sessions s join auth.users u on u.id = s.user_id
  where s.id = any($1::uuid[]) and s.expires_at > now() and u.disabled_at is null`,
);

/** Those of the given sessions that are neither ended nor expired nor of a disabled account. */
export async function sessionsAlive(sql: Sql, sessionIds: readonly string[]): Promise<Set<string>> {
  if (sessionIds.length === 0) return new Set();
  const rows = await sql.query<{ id: string }>(aliveStatement, [sessionIds]);
  return new Set(rows.map((row) => row.id));
}

/** Sessions that are asked for at the same time are looked up with one statement. */
export function createSessions(pool: Pool, hub: FeedHub): Sessions {
  const sql = sqlOn(pool);
  const remembered = new LRUCache<string, Promise<boolean>>({ max: maxRemembered, ttl: staleMs });
  // An end is final, and must outlive a look-up that began before it.
  const ended = new LRUCache<string, true>({ max: maxRemembered });
  let batch: { ids: string[]; alive: Promise<Set<string>> } | null = null;

  const unsubscribe = hub.subscribe((changes) => {
    for (const change of changes) if (change.type === "session.ended") ended.set(change.entityId, true);
  });

  async function lookUp(sessionId: string): Promise<boolean> {
    if (!batch) {
      const ids: string[] = [];
      const alive = nextTurn().then(() => {
        batch = null;
        return sessionsAlive(sql, ids);
      });
      batch = { ids, alive };
    }
    batch.ids.push(sessionId);
    return (await batch.alive).has(sessionId);
  }

  return {
    async isAlive(sessionId) {
      if (ended.has(sessionId)) return false;
      let answer = remembered.get(sessionId);
      if (!answer) {
        answer = lookUp(sessionId);
        remembered.set(sessionId, answer);
        answer.catch(() => remembered.delete(sessionId));
      }
      return (await answer) && !ended.has(sessionId);
    },
    byCookie: new LRUCache({ max: maxRemembered }),
    close: unsubscribe,
  };
}
