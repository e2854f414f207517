import { randomUUID } from "node:crypto";
import { actingAs, type Ctx, type PublicCtx } from "../../context.ts";
import { AppError } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { sessionExtended } from "./auth.events.ts";
import { type Grant, type SessionView, sessionColumns } from "./auth.view.ts";
import { csrfTokenOf } from "./csrf.ts";

const extendStatement = statement(
  "session.extend",
  `with held as (
    select h.id, h.token_hash, h.expires_at from auth.sessions h where h.id = $1 and h.expires_at > now() for no key update
  )
  update auth.sessions s set expires_at = greatest(s.expires_at, $2), last_used_at = $3
  from held where s.id = held.id returning ${sessionColumns}, held.expires_at as "expiredAt", held.token_hash as "tokenHash"`,
);

/** Records that a session will expire later than at `expiredAt`. */
export function recordExtension(ctx: Ctx, session: SessionView, expiredAt: string): void {
  record(ctx, sessionExtended, { ...session, expiresAt: expiredAt }, session);
}

/**
 * Keeps the session of a cookie for longer and answers an access token, which sockets need.
 *
 * @throws AppError `auth.required` (a bearer token must not renew itself) | `auth.invalid` (ended just now)
 */
export async function extendByCookie(ctx: PublicCtx): Promise<Grant> {
  const { actor } = ctx;
  if (!actor?.byCookie)
    throw new AppError("auth.required", "Send the refresh token, or the session's cookie with its x-csrf-token.");
  const lifeMs = ctx.app.config.SESSION_DAYS * 86_400_000;
  const { tokenHash, session } = await inTransaction(actingAs(ctx, actor), async (ctx) => {
    const values = [actor.sessionId, new Date(ctx.now.getTime() + lifeMs), ctx.now];
    const [extended] = await ctx.sql.query<SessionView & { expiredAt: string; tokenHash: string }>(
      extendStatement,
      values,
    );
    if (!extended) throw new AppError("auth.invalid", "This session has ended; sign in again.");
    const { expiredAt, tokenHash, ...session } = extended;
    recordExtension(ctx, session, expiredAt);
    return { tokenHash, session };
  });
  const access = await ctx.app.tokens.mint(actor, randomUUID(), ctx.now);
  return {
    session,
    accessToken: access.token,
    accessTokenExpiresAt: access.expiresAt,
    refreshToken: null,
    csrfToken: csrfTokenOf(tokenHash),
  };
}
