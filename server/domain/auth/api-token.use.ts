import { LRUCache } from "lru-cache";
import type { Actor, App } from "../../context.ts";
import { AppError } from "../../errors.ts";
import { isCheckedSecret } from "../../platform/checked-secrets.ts";
import { hashOfSecret } from "../../platform/secrets.ts";
import { statement } from "../../platform/sql.ts";
import { apiTokenPrefix } from "./create-api-token.ts";

interface Known {
  id: string;
  userId: string;
  expiresAt: string;
}

/** Whose a token is, by its hash: that never changes. Whether it lives, and what for, `Sessions` knows. */
const known = new WeakMap<App, LRUCache<string, Known>>();
const notedAt = new LRUCache<string, number>({ max: 20_000 });
const notedEveryMs = 60_000;

const findStatement = statement(
  "api-token.find",
  `select t.id, t.user_id as "userId", t.expires_at as "expiresAt" from auth.api_tokens t where t.token_hash = $1`,
);
const usedStatement = statement("api-token.used", "update auth.api_tokens set last_used_at = now() where id = $1");

export const looksLikeApiToken = (token: string) => token.startsWith(apiTokenPrefix);

/** The token's row, if it is one of ours. */
export async function findApiToken(app: App, token: string): Promise<Known | null> {
  if (!isCheckedSecret(apiTokenPrefix, token)) return null;
  let cache = known.get(app);
  if (!cache) {
    cache = new LRUCache({ max: 20_000 });
    known.set(app, cache);
  }
  const hash = hashOfSecret(token);
  const cached = cache.get(hash);
  if (cached) return cached;
  const [found] = await app.sql.query<Known>(findStatement, [hash]);
  if (found) cache.set(hash, found);
  return found ?? null;
}

/**
 * Who acts by an API token, and what it is good for.
 *
 * @throws AppError `auth.invalid` | `auth.expired`
 */
export async function authenticateApiToken(app: App, token: string): Promise<Actor & { readonly expiresAt: Date }> {
  const found = await findApiToken(app, token);
  if (!found) throw new AppError("auth.invalid", "This API token does not hold.");
  const expiresAt = new Date(found.expiresAt);
  if (expiresAt.getTime() <= Date.now()) throw new AppError("auth.expired", "This API token has expired.");
  const standing = await app.sessions.find(found.id);
  if (!standing?.scopes) throw new AppError("auth.invalid", "This API token was revoked.");
  noteUse(app, found.id);
  return { userId: found.userId, sessionId: found.id, scopes: standing.scopes, expiresAt };
}

/** To the minute, and beside the call: nobody waits for it. */
function noteUse(app: App, tokenId: string): void {
  const now = Date.now();
  if (now - (notedAt.get(tokenId) ?? 0) < notedEveryMs) return;
  notedAt.set(tokenId, now);
  app.sql.query(usedStatement, [tokenId]).catch((error) => app.log.warn({ err: error }, "A use was not noted"));
}
