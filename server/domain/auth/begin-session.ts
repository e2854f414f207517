import { randomUUID } from "node:crypto";
import { v7 } from "uuid";
import { actingAs, type Ctx, type PublicCtx } from "../../context.ts";
import { AppError } from "../../errors.ts";
import { hashOfSecret } from "../../platform/secrets.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { sessionStarted } from "./auth.events.ts";
import type { SessionView, SignedIn, UserView } from "./auth.view.ts";
import { csrfTokenOf } from "./csrf.ts";
import { luciaOn } from "./lucia.ts";
import { issueRefreshToken } from "./refresh-token.ts";

/** How a session begins. */
export interface Beginning {
  /** Keep it in an HttpOnly cookie instead of answering a refresh token. */
  readonly cookie: boolean;
  /** Whose it is, and that it may begin: held until it has begun. @throws AppError to begin none */
  readonly prove: (ctx: Ctx) => Promise<UserView>;
}

const holdStatement = statement(
  "account.hold",
  `select 1 from auth.users
  where id = $1 and ($2::text is null or password_hash = $2) and disabled_at is null and kind = 'person' for share`,
);

/**
 * Holds an account as it is, within a transaction: waits for a change of the password, and makes one wait, so that no
 * session can start with the old one after its end.
 *
 * @param passwordHash that was compared; null when another proof was given
 * @throws AppError `auth.invalid`
 */
export async function holdAccount(ctx: PublicCtx, userId: string, passwordHash: string | null): Promise<void> {
  const held = await ctx.sql.query(holdStatement, [userId, passwordHash]);
  if (held.length === 0) throw wrongCredentials();
}

export const wrongCredentials = () => new AppError("auth.invalid", "The address or the password is wrong.");

/** Starts a session for somebody who has proved who they are, and answers all that a client needs. */
export async function beginSession(ctx: PublicCtx, userId: string, beginning: Beginning): Promise<SignedIn> {
  const actor = { userId, sessionId: v7() };
  const started = await inTransaction(actingAs(ctx, actor), (ctx) => startSession(ctx, beginning));
  if (beginning.cookie) {
    const cookie = luciaOn(ctx.app, ctx.sql).createSessionCookie(started.secret);
    ctx.origin.setCookie?.(cookie.serialize());
  }
  const { token, expiresAt } = await ctx.app.tokens.mint(actor, randomUUID(), ctx.now);
  return {
    user: started.user,
    session: started.session,
    accessToken: token,
    accessTokenExpiresAt: expiresAt,
    refreshToken: started.refreshToken,
    csrfToken: beginning.cookie ? csrfTokenOf(hashOfSecret(started.secret)) : null,
  };
}

async function startSession(ctx: Ctx, { cookie, prove }: Beginning) {
  const { userId, sessionId: publicId } = ctx.actor;
  const attributes = {
    publicId,
    ip: ctx.origin.ip,
    userAgent: ctx.origin.userAgent.slice(0, 500),
    createdAt: ctx.now,
  };
  const [user, started, refreshToken] = await Promise.all([
    prove(ctx),
    luciaOn(ctx.app, ctx.sql).createSession(userId, attributes),
    cookie ? null : issueRefreshToken(ctx, publicId),
  ]);
  const session: SessionView = {
    id: publicId,
    userId,
    ip: attributes.ip,
    userAgent: attributes.userAgent,
    createdAt: ctx.now.toISOString(),
    expiresAt: started.expiresAt.toISOString(),
  };
  record(ctx, sessionStarted, null, session);
  return { user, session, secret: started.id, refreshToken };
}
