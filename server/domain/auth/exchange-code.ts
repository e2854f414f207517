import { z } from "zod";
import type { PublicCtx } from "../../context.ts";
import { AppError } from "../../errors.ts";
import type { ProvenIdentity } from "../../platform/identity/provider.ts";
import { hashOfSecret, randomSecret, sameSecret } from "../../platform/secrets.ts";
import { statement } from "../../platform/sql.ts";
import { signInWithIdentity } from "./join-identity.ts";
import type { loginSchema } from "./login.ts";
import { throttleAddress } from "./throttle.ts";

const prefix = "twx_";
const codeSeconds = 120;

/** RFC 7636 §4.1–4.2, S256: what a client keeps, and what it sends ahead. */
const verifier = z.string().regex(/^[\w.~-]{43,128}$/, "must be a verifier of RFC 7636");
export const s256Challenge = z.string().regex(/^[\w-]{43}$/, "must be the S256 challenge of RFC 7636");

export const exchangeInput = z.object({
  code: z.string().min(1).max(200).describe("`code` of the address that the sign-in returned to"),
  codeVerifier: verifier.describe("whose S256 challenge the sign-in began with"),
});
export type ExchangeInput = z.output<typeof exchangeInput>;

const issueStatement = statement(
  "exchange-code.issue",
  "insert into auth.exchange_codes (code_hash, challenge, identity, expires_at) values ($1, $2, $3, $4)",
);
const redeemStatement = statement(
  "exchange-code.redeem",
  `delete from auth.exchange_codes where code_hash = $1 returning challenge, identity, expires_at > now() as fresh`,
);

/** A code that stands for what a provider has just proved; good once, and only for who knows the verifier. */
export async function issueExchangeCode(ctx: PublicCtx, proven: ProvenIdentity, challenge: string): Promise<string> {
  const code = randomSecret(prefix);
  const expiresAt = new Date(ctx.now.getTime() + codeSeconds * 1_000);
  await ctx.sql.query(issueStatement, [hashOfSecret(code), challenge, JSON.stringify(proven), expiresAt]);
  return code;
}

/** A code with another verifier is spent, too: it was stolen. @throws AppError `auth.invalid` */
export async function redeemExchangeCode(ctx: PublicCtx, input: ExchangeInput): Promise<ProvenIdentity> {
  const values = [hashOfSecret(input.code)];
  const [kept] = await ctx.sql.query<{ challenge: string; identity: ProvenIdentity; fresh: boolean }>(
    redeemStatement,
    values,
  );
  if (!kept?.fresh || !sameSecret(hashOfSecret(input.codeVerifier), kept.challenge))
    throw new AppError("auth.invalid", "This code does not hold; sign in again.");
  return kept.identity;
}

/**
 * Signs in with the code that a sign-in at a provider returned, and answers two tokens.
 *
 * @throws AppError `auth.invalid`, and as `signInWithIdentity` | `rate-limited`
 */
export async function exchange(ctx: PublicCtx, input: ExchangeInput): Promise<z.output<typeof loginSchema>> {
  await throttleAddress(ctx, "identity:ip");
  const proven = await redeemExchangeCode(ctx, input);
  const { accessToken, refreshToken } = await signInWithIdentity(ctx, proven, false);
  return { access: accessToken, refresh: refreshToken! };
}
