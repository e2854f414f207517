import { randomBytes } from "node:crypto";
import { z } from "zod";
import { type Actor, actingAs, type Ctx, type PublicCtx } from "../../context.ts";
import { AppError } from "../../errors.ts";
import { hashOfSecret } from "../../platform/secrets.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { audit } from "../audit.ts";
import type { Grant, SessionView } from "./auth.view.ts";
import { sessionColumns } from "./auth.view.ts";
import { endSessions } from "./end-sessions.ts";
import { extendByCookie, recordExtension } from "./extend-session.ts";
import { type Successor, successorOf } from "./refresh-token.ts";
import { throttleAddress } from "./throttle.ts";

export const refreshInput = z.object({
  refreshToken: z.string().max(200).optional().describe("absent when a cookie keeps the session"),
});

const ownerStatement = statement(
  "refresh.owner",
  `select s.id as "sessionId", s.user_id as "userId" from auth.refresh_tokens t join auth.sessions s on s.id = t.session_id
  where t.token_hash = $1`,
);

/**
 * Exchanges a refresh token for a new pair and keeps the session for longer; without a token, the same for the session
 * of a cookie. Of several exchanges of one token at the same time one takes place; for REFRESH_GRACE_SECONDS the others
 * answer the same pair. After that, or when the new pair was used already, somebody else has the token: the session ends.
 *
 * @throws AppError `auth.required` (neither token nor cookie) | `auth.invalid` | `auth.expired` | `auth.reused` | `rate-limited`
 */
export async function refresh(ctx: PublicCtx, { refreshToken }: z.output<typeof refreshInput>): Promise<Grant> {
  await throttleAddress(ctx, "refresh:ip");
  if (refreshToken === undefined) return extendByCookie(ctx);

  const [owner] = await ctx.sql.query<Actor>(ownerStatement, [hashOfSecret(refreshToken)]);
  if (!owner) throw new AppError("auth.invalid", "This refresh token does not hold.");
  await ctx.app.limits.consume("refresh:session", owner.sessionId);

  const exchange = await inTransaction(actingAs(ctx, owner), (ctx) => exchangeToken(ctx, refreshToken));
  if (!exchange) {
    // Thrown only now: the end of the session had to be committed.
    ctx.app.log.warn({ user_id: owner.userId, session_id: owner.sessionId }, "A refresh token was used twice");
    throw new AppError("auth.reused", "This refresh token was used before, so its session was ended; sign in again.");
  }
  const { session, successor, exchangedAt } = exchange;
  const access = await ctx.app.tokens.mint(owner, successor.tokenId, exchangedAt);
  return {
    session,
    accessToken: access.token,
    accessTokenExpiresAt: access.expiresAt,
    refreshToken: successor.refreshToken,
    csrfToken: null,
  };
}

interface Exchange {
  session: SessionView;
  successor: Successor;
  exchangedAt: Date;
}

// One statement decides the race. It locks the session before the token, as the end of a session does.
const exchangeStatement = statement(
  "refresh.exchange",
  `with held as (
    select s.id, s.expires_at from auth.sessions s join auth.users u on u.id = s.user_id
    where s.id = $1 and s.expires_at > now() and u.disabled_at is null
    for no key update of s
  ), used as (
    update auth.refresh_tokens t set used_at = date_trunc('milliseconds', now()), salt = $3, successor_hash = $4
    from held where t.token_hash = $2 and t.session_id = held.id and t.used_at is null
    returning t.session_id, t.used_at
  ), successor as (
    insert into auth.refresh_tokens (token_hash, session_id, issued_at) select $4, session_id, used_at from used
  ), extended as (
    update auth.sessions s set expires_at = greatest(s.expires_at, used.used_at + make_interval(days => $5)), last_used_at = used.used_at
    from used where s.id = used.session_id returning s.*
  )
  select ${sessionColumns}, held.expires_at as "expiredAt", used.used_at as "exchangedAt" from extended s, held, used`,
);

/** @returns null when the token was replayed; then the session has been ended */
async function exchangeToken(ctx: Ctx, token: string): Promise<Exchange | null> {
  const salt = randomBytes(16).toString("base64url");
  const successor = successorOf(token, salt);
  const [exchanged] = await ctx.sql.query<SessionView & { expiredAt: string; exchangedAt: string }>(exchangeStatement, [
    ctx.actor.sessionId,
    hashOfSecret(token),
    salt,
    hashOfSecret(successor.refreshToken),
    ctx.app.config.SESSION_DAYS,
  ]);
  if (!exchanged) return repeatExchange(ctx, token);
  const { expiredAt, exchangedAt, ...session } = exchanged;
  recordExtension(ctx, session, expiredAt);
  return { session, successor, exchangedAt: new Date(exchangedAt) };
}

const usedStatement = statement(
  "refresh.used",
  `select ${sessionColumns}, t.used_at as "usedAt", t.salt, u.disabled_at is not null as disabled, s.expires_at <= now() as expired,
    t.used_at + make_interval(secs => $2) > clock_timestamp() and next.used_at is null as repeatable
  from auth.refresh_tokens t
  join auth.sessions s on s.id = t.session_id
  join auth.users u on u.id = s.user_id
  left join auth.refresh_tokens next on next.token_hash = t.successor_hash
  where t.token_hash = $1`,
);

interface UsedToken extends SessionView {
  usedAt: string | null;
  salt: string | null;
  disabled: boolean;
  expired: boolean;
  repeatable: boolean | null;
}

/** The answer of the exchange that took place before; or the end of the session, when it is too late for that. */
async function repeatExchange(ctx: Ctx, token: string): Promise<Exchange | null> {
  const [found] = await ctx.sql.query<UsedToken>(usedStatement, [
    hashOfSecret(token),
    ctx.app.config.REFRESH_GRACE_SECONDS,
  ]);
  if (!found || found.disabled) throw new AppError("auth.invalid", "This session has ended; sign in again.");
  const { usedAt, salt, disabled: _, expired, repeatable, ...session } = found;
  if (expired) throw new AppError("auth.expired", "This session was not used for too long; sign in again.");
  if (usedAt && salt && repeatable)
    return { session, successor: successorOf(token, salt), exchangedAt: new Date(usedAt) };
  const { userId, sessionId } = ctx.actor;
  await endSessions(ctx, userId, { only: sessionId });
  await audit(ctx, { action: "refresh-token.reused", subjectId: userId, target: { type: "session", id: sessionId } });
  return null;
}
