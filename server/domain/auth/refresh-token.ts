import type { Ctx } from "../../context.ts";
import { derivedSecret, hashOfSecret, randomSecret } from "../../platform/secrets.ts";
import { statement } from "../../platform/sql.ts";

const prefix = "twr_";

const issueStatement = statement(
  "refresh-token.issue",
  "insert into auth.refresh_tokens (token_hash, session_id, issued_at) values ($1, $2, $3)",
);

/** The first refresh token of a session. */
export async function issueRefreshToken(ctx: Ctx, sessionId: string): Promise<string> {
  const token = randomSecret(prefix);
  await ctx.sql.query(issueStatement, [hashOfSecret(token), sessionId, ctx.now]);
  return token;
}

/** What a refresh token is exchanged for. */
export interface Successor {
  refreshToken: string;
  /** The access token's `jti`. */
  tokenId: string;
}

/**
 * The pair that a token was, or will be, exchanged for: the same for everybody who holds the token and knows the salt
 * of its exchange, so that nothing secret has to be stored to answer it again.
 */
export const successorOf = (token: string, salt: string): Successor => ({
  refreshToken: prefix + derivedSecret(token, `refresh:${salt}`),
  tokenId: derivedSecret(token, `access:${salt}`),
});
