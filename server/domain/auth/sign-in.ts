import { randomUUID } from "node:crypto";
import { v7 } from "uuid";
import { z } from "zod";
import { actingAs, type Ctx, type PublicCtx } from "../../context.ts";
import { AppError } from "../../errors.ts";
import { hashOfSecret } from "../../platform/secrets.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { audit } from "../audit.ts";
import { record } from "../change.ts";
import { email } from "../fields.ts";
import { sessionStarted } from "./auth.events.ts";
import { type SessionView, type SignedIn, type UserView, userColumns } from "./auth.view.ts";
import { password } from "./credentials.ts";
import { csrfTokenOf } from "./csrf.ts";
import { luciaOn } from "./lucia.ts";
import { issueRefreshToken } from "./refresh-token.ts";
import { throttleAddress } from "./throttle.ts";

export const signInInput = z.object({
  email,
  password,
  cookie: z
    .boolean()
    .default(false)
    .describe("for browsers: keep the session in an HttpOnly cookie instead of answering a refresh token"),
});

export type SignInInput = z.output<typeof signInInput>;

interface Account extends UserView {
  passwordHash: string;
  disabled: boolean;
}

const findStatement = statement(
  "account.find",
  `select ${userColumns}, u.password_hash as "passwordHash", u.disabled_at is not null as disabled from auth.users u where u.email = $1`,
);
// Waits for a change of the password, and makes one wait: no session can start with the old one after its end.
const holdStatement = statement(
  "account.hold",
  "select 1 from auth.users where id = $1 and password_hash = $2 and disabled_at is null for share",
);

/**
 * Starts a session. A wrong address, a wrong password and a disabled account fail alike, in answer and in time.
 *
 * @throws AppError `auth.invalid` | `rate-limited`
 */
export async function signIn(ctx: PublicCtx, input: SignInInput): Promise<SignedIn> {
  const { disabled: _, passwordHash, ...user } = await requireAccount(ctx, input);
  const actor = { userId: user.id, sessionId: v7() };
  const started = await inTransaction(actingAs(ctx, actor), (ctx) => startSession(ctx, passwordHash, input.cookie));
  if (input.cookie) {
    const cookie = luciaOn(ctx.app, ctx.sql).createSessionCookie(started.secret);
    ctx.origin.setCookie?.(cookie.serialize());
  }
  const { token, expiresAt } = await ctx.app.tokens.mint(actor, randomUUID(), ctx.now);
  return {
    user,
    session: started.session,
    accessToken: token,
    accessTokenExpiresAt: expiresAt,
    refreshToken: started.refreshToken,
    csrfToken: input.cookie ? csrfTokenOf(hashOfSecret(started.secret)) : null,
  };
}

async function requireAccount(ctx: PublicCtx, input: { email: string; password: string }): Promise<Account> {
  const { limits, passwords } = ctx.app;
  await throttleAddress(ctx, "sign-in:ip"); // first: who is out of tries here must not use up the account's
  await limits.consume("sign-in:account", input.email);
  const [account] = await ctx.sql.query<Account>(findStatement, [input.email]);
  const matches = await passwords.matches(account?.passwordHash ?? null, input.password);
  if (!account || !matches || account.disabled) {
    // Known or not, the address costs the same.
    const target = { type: "user", id: account?.id ?? null };
    await audit(ctx, { action: "sign-in.failed", subjectId: target.id, target });
    throw refused();
  }
  await limits.reset("sign-in:account", input.email);
  return account;
}

async function startSession(ctx: Ctx, passwordHash: string, cookie: boolean) {
  const { userId, sessionId: publicId } = ctx.actor;
  const attributes = {
    publicId,
    ip: ctx.origin.ip,
    userAgent: ctx.origin.userAgent.slice(0, 500),
    createdAt: ctx.now,
  };
  const [held, started, refreshToken] = await Promise.all([
    ctx.sql.query(holdStatement, [userId, passwordHash]),
    luciaOn(ctx.app, ctx.sql).createSession(userId, attributes),
    cookie ? null : issueRefreshToken(ctx, publicId),
  ]);
  if (held.length === 0) throw refused();
  const session: SessionView = {
    id: publicId,
    userId,
    ip: attributes.ip,
    userAgent: attributes.userAgent,
    createdAt: ctx.now.toISOString(),
    expiresAt: started.expiresAt.toISOString(),
  };
  record(ctx, sessionStarted, null, session);
  return { session, secret: started.id, refreshToken };
}

const refused = () => new AppError("auth.invalid", "The address or the password is wrong.");
