import type { IncomingHttpHeaders } from "node:http";
import type { Actor, App } from "../../context.ts";
import { AppError } from "../../errors.ts";
import { isAllowedOrigin } from "../../platform/origins.ts";
import { hashOfSecret, sameSecret } from "../../platform/secrets.ts";
import { sqlOn } from "../../platform/sql.ts";
import { authenticateApiToken, looksLikeApiToken } from "./api-token.use.ts";
import { csrfTokenOf } from "./csrf.ts";
import { luciaOn } from "./lucia.ts";

const bearer = /^bearer +(\S+)$/i;
const safeMethods = ["GET", "HEAD", "OPTIONS"];

/**
 * Who sends a request: by `Authorization: Bearer`, else by the session cookie. A cookie alone may read; to change
 * something the page must come from an allowed origin and send the session's `x-csrf-token`.
 *
 * @returns null without any credential
 * @throws AppError `auth.invalid` | `auth.expired` | `access.denied` (rule "csrf")
 */
export async function authenticate(
  app: App,
  request: { readonly method: string; readonly headers: IncomingHttpHeaders },
): Promise<Actor | null> {
  const { authorization, cookie } = request.headers;
  if (authorization !== undefined) {
    const token = bearer.exec(authorization)?.[1];
    if (!token) throw new AppError("auth.invalid", "The authorization must be `Bearer` and an access token.");
    const { userId, sessionId, scopes } = await authenticateToken(app, token);
    return scopes ? { userId, sessionId, scopes } : { userId, sessionId };
  }
  const secret = cookie ? sessionCookie(app, cookie) : null;
  if (!secret) return null;
  const tokenHash = hashOfSecret(secret);
  const actor = await actorByCookie(app, secret, tokenHash);
  if (!safeMethods.includes(request.method)) requireOwnPage(app, request.headers, tokenHash);
  return actor;
}

/** Who holds a token, and for how long. */
export interface TokenHolder extends Actor {
  /** Of an access token, by which it can be revoked. */
  readonly tokenId?: string;
  readonly expiresAt: Date;
}

/**
 * Who holds an access token or an API token.
 *
 * @throws AppError `auth.invalid` (also when its session ended, or it was revoked) | `auth.expired`
 */
export async function authenticateToken(app: App, token: string): Promise<TokenHolder> {
  if (looksLikeApiToken(token)) return authenticateApiToken(app, token);
  const { userId, sessionId, tokenId, scopes, expiresAt } = await app.tokens.verify(token);
  const revoked = app.revokedTokens.has(tokenId);
  if (revoked === true || (await revoked)) throw new AppError("auth.invalid", "This access token was revoked.");
  const standing = await app.sessions.find(sessionId);
  if (!standing) throw sessionOver();
  if (!scopes && !standing.scopes) return { userId, sessionId, tokenId, expiresAt };
  // Of a program's token: what it says, as far as its account is still good for it.
  const held = (scopes ?? []).filter((scope) => standing.scopes?.includes(scope));
  return { userId, sessionId, tokenId, scopes: held, expiresAt };
}

async function actorByCookie(app: App, secret: string, tokenHash: string): Promise<Actor> {
  let subject = app.sessions.byCookie.get(tokenHash);
  if (!subject) {
    const { session } = await luciaOn(app, sqlOn(app.database.pool)).validateSession(secret);
    if (!session) throw sessionOver();
    subject = { userId: session.userId, sessionId: session.publicId };
    app.sessions.byCookie.set(tokenHash, subject);
  }
  if (!(await app.sessions.isAlive(subject.sessionId))) throw sessionOver();
  return { ...subject, byCookie: true };
}

function sessionCookie(app: App, header: string): string | null {
  try {
    return luciaOn(app, sqlOn(app.database.pool)).readSessionCookie(header) || null;
  } catch {
    return null; // not percent-encoded as it should be, so not written by us
  }
}

function requireOwnPage(app: App, headers: IncomingHttpHeaders, tokenHash: string): void {
  const { origin, "x-csrf-token": token } = headers;
  // Browsers send Origin with every POST, PUT, PATCH and DELETE.
  const allowed = origin !== undefined && isAllowedOrigin(app.config, origin);
  if (allowed && typeof token === "string" && sameSecret(token, csrfTokenOf(tokenHash))) return;
  throw new AppError("access.denied", "Send the session's x-csrf-token from an allowed origin.", { rule: "csrf" });
}

const sessionOver = () => new AppError("auth.invalid", "This session has ended; sign in again.");
