import { createPrivateKey, createPublicKey } from "node:crypto";
import { jwtVerify } from "jose";
import { LRUCache } from "lru-cache";
import type { Pool } from "pg";
import type { Actor } from "./contract.ts";
import { Refusal } from "./database.ts";

/** As clever as a good hand-writer: a token's signature is checked once, a session's life once a second. */
export function createSignIn(pool: Pool, privateKeyPem: string, issuer: string): (token: string) => Promise<Actor> {
  const key = createPublicKey(createPrivateKey(privateKeyPem.replaceAll("\\n", "\n")));
  const verified = new LRUCache<string, Actor & { expiresAt: number }>({ max: 20_000 });
  const alive = new LRUCache<string, Promise<boolean>>({ max: 50_000, ttl: 1_000 });

  async function verify(token: string) {
    const known = verified.get(token);
    if (known) return known;
    const { payload } = await jwtVerify(token, key, { algorithms: ["EdDSA"], issuer, audience: "taskwire" }).catch(
      () => {
        throw new Refusal(401, "auth.invalid");
      },
    );
    const actor = { userId: payload.sub!, sessionId: payload["sid"] as string, expiresAt: payload.exp! * 1000 };
    verified.set(token, actor);
    return actor;
  }

  async function lives(sessionId: string): Promise<boolean> {
    const { rowCount } = await pool.query({
      name: "session",
      text: `select from auth.sessions s join auth.users u on u.id = s.user_id
        where s.id = $1 and s.expires_at > now() and u.disabled_at is null`,
      values: [sessionId],
    });
    return rowCount === 1;
  }

  return async (token) => {
    const actor = await verify(token);
    if (actor.expiresAt < Date.now()) throw new Refusal(401, "auth.expired");
    let living = alive.get(actor.sessionId);
    if (!living) {
      living = lives(actor.sessionId);
      alive.set(actor.sessionId, living);
    }
    if (!(await living)) throw new Refusal(401, "auth.invalid");
    return actor;
  };
}
