import type { z } from "zod";
import type { Ctx } from "../../context.ts";
import { AppError, invalid } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { password } from "./credentials.ts";

/** What the caller says to prove that it is really them: not who found an open browser. */
export const currentPassword = password.optional().describe("needed where the account has a password");

/** An account without a password proves itself by a sign-in that is no older. */
const recentMinutes = 15;

const proofStatement = statement(
  "prove-self",
  `select u.password_hash as "passwordHash",
    s.created_at > now() - make_interval(mins => $3) as recent
  from auth.users u left join auth.sessions s on s.id = $2 where u.id = $1`,
);

/**
 * @throws AppError `validation.failed` (the password is wrong or missing) | `auth.required` (rule "recent-sign-in": there is
 *   no password, so sign in once more) | `rate-limited`
 */
export async function proveSelf(ctx: Ctx, given: z.output<typeof currentPassword>): Promise<void> {
  const { userId, sessionId } = ctx.actor;
  const { limits, passwords } = ctx.app;
  const values = [userId, sessionId, recentMinutes];
  const [proof] = await ctx.sql.query<{ passwordHash: string | null; recent: boolean | null }>(proofStatement, values);
  if (!proof) throw new AppError("auth.invalid", "This account is gone.");
  if (proof.passwordHash === null) {
    if (proof.recent) return;
    throw new AppError("auth.required", "Sign in once more first.", { rule: "recent-sign-in" });
  }
  await limits.consume("password:account", userId);
  if (given === undefined || !(await passwords.matches(proof.passwordHash, given)))
    throw invalid("currentPassword", "This is not your current password.");
  await limits.reset("password:account", userId);
}
