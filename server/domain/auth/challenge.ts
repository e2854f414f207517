import type { PublicCtx } from "../../context.ts";
import { actingAs } from "../../context.ts";
import { AppError } from "../../errors.ts";
import { hashOfSecret, randomSecret } from "../../platform/secrets.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import type { SignedIn, UserView } from "./auth.view.ts";
import { type Beginning, beginSession } from "./begin-session.ts";

/** How long somebody may look for their phone, and how often mistype. */
const challengeSeconds = 300;
const maxTries = 5;

const prefix = "twc_";

const issueStatement = statement(
  "challenge.issue",
  "insert into auth.challenges (token_hash, user_id, cookie, expires_at) values ($1, $2, $3, $4)",
);

/**
 * Starts a session for somebody whose first factor was right; where the account asks for a second one, hands out a
 * challenge instead, which `auth.completeSignIn` takes with a code.
 *
 * @throws AppError `auth.required` (rule "second-factor") with `details.challenge`, and whatever `prove` throws
 */
export async function passFirstFactor(ctx: PublicCtx, user: UserView, beginning: Beginning): Promise<SignedIn> {
  if (!user.twoFactorSince) return beginSession(ctx, user.id, beginning);
  const challenge = randomSecret(prefix);
  const expiresAt = new Date(ctx.now.getTime() + challengeSeconds * 1_000);
  await inTransaction(actingAs(ctx, { userId: user.id, sessionId: user.id }), async (ctx) => {
    await beginning.prove(ctx);
    await ctx.sql.query(issueStatement, [hashOfSecret(challenge), user.id, beginning.cookie, expiresAt]);
  });
  throw new AppError("auth.required", "Send a code of your authenticator app with this challenge.", {
    rule: "second-factor",
    challenge,
    expiresAt: expiresAt.toISOString(),
  });
}

const voidStatement = statement("challenge.void", "delete from auth.challenges where user_id = $1");

/** What began with the old password, or the old second factor, does not go on. */
export const voidChallenges = (ctx: PublicCtx, userId: string) => ctx.sql.query(voidStatement, [userId]);

/** A challenge that was presented. */
export interface Presented {
  userId: string;
  cookie: boolean;
}

// Counted before the code is compared and outside the transaction, so that a failure counts, too.
const tryStatement = statement(
  "challenge.try",
  `update auth.challenges set tries = tries + 1 where token_hash = $1 and expires_at > now() and tries < $2
  returning user_id as "userId", cookie`,
);
const redeemStatement = statement("challenge.redeem", "delete from auth.challenges where token_hash = $1 returning 1");

/** @throws AppError `auth.invalid` (unknown, expired, redeemed, or tried too often) */
export async function presentChallenge(ctx: PublicCtx, challenge: string): Promise<Presented> {
  const [found] = await ctx.app.sql.query<Presented>(tryStatement, [hashOfSecret(challenge), maxTries]);
  if (!found) throw challengeOver();
  return found;
}

/** Within a transaction: of two redemptions one takes place. @throws AppError `auth.invalid` */
export async function redeemChallenge(ctx: PublicCtx, challenge: string): Promise<void> {
  const redeemed = await ctx.sql.query(redeemStatement, [hashOfSecret(challenge)]);
  if (redeemed.length === 0) throw challengeOver();
}

const challengeOver = () => new AppError("auth.invalid", "This challenge does not hold any more; sign in again.");
