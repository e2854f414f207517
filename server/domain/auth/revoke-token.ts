import { z } from "zod";
import { actingAs, type PublicCtx } from "../../context.ts";
import { AppError } from "../../errors.ts";
import { hashOfSecret } from "../../platform/secrets.ts";
import { statement } from "../../platform/sql.ts";
import type { TokenClaims } from "../../platform/tokens.ts";
import { inTransaction, write } from "../../transaction.ts";
import { audit } from "../audit.ts";
import { findApiToken, looksLikeApiToken } from "./api-token.use.ts";
import { endSessions } from "./end-sessions.ts";
import { endApiTokens } from "./revoke-api-token.ts";
import { throttleAddress } from "./throttle.ts";

export const revokeTokenInput = z.object({
  token: z.string().min(1).max(8_192).describe("an access token, a refresh token or an API token"),
});
export const revokedTokenSchema = z.object({ revoked: z.literal(true) });

const revokeStatement = statement(
  "revoked-tokens.add",
  "insert into auth.revoked_tokens (token_id, expires_at) values ($1, $2) on conflict do nothing",
);
const sessionStatement = statement(
  "revoked-tokens.session",
  `select s.id as "sessionId", s.user_id as "userId" from auth.refresh_tokens t join auth.sessions s on s.id = t.session_id
  where t.token_hash = $1`,
);

/**
 * Makes a token useless, as RFC 7009 has it: who holds it may do that, and a token that does not hold is no failure. An
 * access token alone goes, on every node within a second; with a refresh token its session ends; an API token goes with
 * those that it made.
 *
 * @throws AppError `rate-limited`
 */
export async function revokeToken(
  ctx: PublicCtx,
  { token }: z.output<typeof revokeTokenInput>,
): Promise<z.output<typeof revokedTokenSchema>> {
  await throttleAddress(ctx, "refresh:ip");
  if (looksLikeApiToken(token)) await revokeAsApiToken(ctx, token);
  else if (token.startsWith("twr_")) await endSessionOf(ctx, token);
  else await revokeAccessToken(ctx, token);
  return { revoked: true };
}

async function revokeAsApiToken(ctx: PublicCtx, token: string): Promise<void> {
  const found = await findApiToken(ctx.app, token);
  if (!found) return;
  const holder = { userId: found.userId, sessionId: found.id, scopes: [] };
  await inTransaction(actingAs(ctx, holder), (ctx) => endApiTokens(ctx, [found.id]));
}

async function endSessionOf(ctx: PublicCtx, token: string): Promise<void> {
  const [owner] = await ctx.sql.query<{ userId: string; sessionId: string }>(sessionStatement, [hashOfSecret(token)]);
  if (!owner) return;
  await inTransaction(actingAs(ctx, owner), (ctx) => endSessions(ctx, owner.userId, { only: owner.sessionId }));
}

async function revokeAccessToken(ctx: PublicCtx, token: string): Promise<void> {
  const claims = await verified(ctx, token);
  if (!claims) return;
  const { userId, sessionId, tokenId, scopes, expiresAt } = claims;
  const holder = { userId, sessionId, ...(scopes ? { scopes } : {}) };
  await inTransaction(actingAs(ctx, holder), async (ctx) => {
    write(ctx, revokeStatement, [tokenId, expiresAt]);
    const target = { type: "session", id: sessionId };
    await audit(ctx, { action: "access-token.revoked", subjectId: userId, target });
  });
  ctx.app.revokedTokens.add(tokenId, expiresAt);
}

async function verified(ctx: PublicCtx, token: string): Promise<TokenClaims | null> {
  try {
    return await ctx.app.tokens.verify(token);
  } catch (error) {
    if (error instanceof AppError) return null;
    throw error;
  }
}
