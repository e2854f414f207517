import { z } from "zod";
import type { PublicCtx } from "../../context.ts";
import { AppError } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { audit } from "../audit.ts";
import { email } from "../fields.ts";
import { type SignedIn, type UserView, userColumns } from "./auth.view.ts";
import { holdAccount, wrongCredentials } from "./begin-session.ts";
import { passFirstFactor } from "./challenge.ts";
import { password } from "./credentials.ts";
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
  passwordHash: string | null;
  disabled: boolean;
}

const findStatement = statement(
  "account.find",
  `select ${userColumns}, u.password_hash as "passwordHash", u.disabled_at is not null as disabled from auth.users u where u.email = $1`,
);

/**
 * Starts a session. A wrong address, a wrong password and a disabled account fail alike, in answer and in time.
 *
 * @throws AppError `auth.invalid` | `auth.required` (rule "second-factor", with `details.challenge`)
 *   | `access.denied` (rule "email-unverified", where REQUIRE_VERIFIED_EMAIL is set) | `rate-limited`
 */
export async function signIn(ctx: PublicCtx, input: SignInInput): Promise<SignedIn> {
  const { disabled: _, passwordHash, ...user } = await requireAccount(ctx, input);
  if (ctx.app.config.REQUIRE_VERIFIED_EMAIL && !user.emailVerifiedAt) {
    const message = "Follow the link in the letter that was sent to your address first.";
    throw new AppError("access.denied", message, { rule: "email-unverified" });
  }
  const prove = async (ctx: PublicCtx) => {
    await holdAccount(ctx, user.id, passwordHash);
    return user;
  };
  return passFirstFactor(ctx, user, { cookie: input.cookie, prove });
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
    throw wrongCredentials();
  }
  await limits.reset("sign-in:account", input.email);
  return account;
}
