import { Secret, TOTP } from "otpauth";
import { z } from "zod";
import type { PublicCtx } from "../../context.ts";
import { AppError } from "../../errors.ts";
import { sealedWords } from "../../platform/sealed-words.ts";
import { hashOfSecret } from "../../platform/secrets.ts";
import { statement } from "../../platform/sql.ts";
import { record } from "../change.ts";
import { postLetter } from "../letters.ts";
import { noticeLetter } from "./account.letters.ts";
import { recoveryCodeUsed } from "./auth.events.ts";
import { type UserView, userColumns } from "./auth.view.ts";

/** RFC 6238 as authenticator apps expect it: six digits, thirty seconds, SHA-1. */
const periodSeconds = 30;
const parameters = { issuer: "Taskwire", digits: 6, period: periodSeconds, algorithm: "SHA1" };
/** Clocks of phones differ: one step before and after is accepted (§5.2). */
const window = 1;

export const secondFactorCode = z
  .string()
  .max(64)
  .describe("six digits of the authenticator app, or a recovery code")
  .transform((code) => code.replaceAll(/[\s-]/g, "").toUpperCase());
const digits = /^\d{6}$/;

const sealed = ({ app }: PublicCtx) => sealedWords<{ secret: string }>(app.config, "totp");

/** A new secret, and what an authenticator app scans. */
export async function makeTotp(ctx: PublicCtx, label: string) {
  const totp = new TOTP({ ...parameters, label, secret: new Secret({ size: 20 }) });
  const secret = totp.secret.base32;
  return { secret, uri: totp.toString(), sealedSecret: await sealed(ctx).seal({ secret }, null) };
}

interface Kept {
  sealedSecret: string;
  lastStep: number;
}

const keptStatement = statement(
  "totp.kept",
  `select sealed_secret as "sealedSecret", last_step as "lastStep" from auth.totp
  where user_id = $1 and (confirmed_at is not null) = $2 for update`,
);
const acceptStatement = statement(
  "totp.accept",
  "update auth.totp set last_step = $2, sealed_secret = $3 where user_id = $1",
);

/**
 * Compares a code of the authenticator app, within a transaction; none is accepted twice.
 *
 * @param confirmed whether the secret must be in use already, or still to be confirmed
 */
export async function acceptTotp(ctx: PublicCtx, userId: string, code: string, confirmed: boolean): Promise<boolean> {
  const [kept] = await ctx.sql.query<Kept>(keptStatement, [userId, confirmed]);
  const words = kept && (await sealed(ctx).open(kept.sealedSecret));
  if (!kept || !words || !digits.test(code)) return false;
  const timestamp = ctx.now.getTime();
  const secret = Secret.fromBase32(words.secret);
  const delta = TOTP.validate({ ...parameters, secret, token: code, timestamp, window });
  if (delta === null) return false;
  const step = Math.floor(timestamp / 1_000 / periodSeconds) + delta;
  if (step <= kept.lastStep) return false;
  // Sealed anew, so that a replaced key can be given up one day.
  await ctx.sql.query(acceptStatement, [userId, step, await sealed(ctx).seal(words, null)]);
  return true;
}

const spendStatement = statement(
  "recovery-code.spend",
  "delete from auth.recovery_codes where code_hash = $1 and user_id = $2 returning 1",
);
const spentStatement = statement(
  "recovery-code.spent",
  `update auth.users u set recovery_codes_left = u.recovery_codes_left - 1, version = u.version + 1, updated_at = $2
  where u.id = $1 returning ${userColumns}`,
);

/** Spends a recovery code, within a transaction. */
async function acceptRecoveryCode(ctx: PublicCtx, userId: string, code: string): Promise<boolean> {
  const spent = await ctx.sql.query(spendStatement, [hashOfSecret(code), userId]);
  if (spent.length === 0) return false;
  const before = await lockUser(ctx, userId);
  const [user] = await ctx.sql.query<UserView>(spentStatement, [userId, ctx.now]);
  postLetter(ctx, noticeLetter, { userId, about: "recovery-code-used" });
  record(ctx, recoveryCodeUsed, before, user as UserView);
  return true;
}

const userStatement = statement(
  "second-factor.user",
  `select ${userColumns} from auth.users u
  where u.id = $1 and u.disabled_at is null for no key update`,
);

/** The account, locked. @throws AppError `auth.invalid` */
export async function lockUser(ctx: PublicCtx, userId: string): Promise<UserView> {
  const [user] = await ctx.sql.query<UserView>(userStatement, [userId]);
  if (!user) throw new AppError("auth.invalid", "This account is gone.");
  return user;
}

/**
 * Compares a code of the app or a recovery code, within a transaction.
 *
 * @throws AppError `auth.invalid`
 */
export async function requireSecondFactor(ctx: PublicCtx, userId: string, code: string): Promise<void> {
  const accepted = digits.test(code)
    ? await acceptTotp(ctx, userId, code, true)
    : await acceptRecoveryCode(ctx, userId, code);
  if (!accepted) throw wrongCode();
}

export const wrongCode = () => new AppError("auth.invalid", "This code does not hold; every code is good once.");

/**
 * Draws a try from the account's budgets, before the code is compared: digits can be guessed, so there are few of them
 * a day.
 *
 * @returns gives the tries back, once the code was right
 * @throws AppError `rate-limited`
 */
export async function drawSecondFactor({ app: { limits } }: PublicCtx, userId: string, code: string) {
  const drawn = digits.test(code) ? ["second-factor:account", "second-factor:day"] : ["recovery-code:account"];
  for (const limit of drawn) await limits.consume(limit, userId);
  return async () => {
    for (const limit of drawn) await limits.reset(limit, userId);
  };
}
