import { z } from "zod";
import { actingAs, type Ctx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { postLetter } from "../letters.ts";
import { noticeLetter } from "./account.letters.ts";
import { twoFactorDisabled } from "./auth.events.ts";
import { type UserView, userColumns } from "./auth.view.ts";
import { voidChallenges } from "./challenge.ts";
import { currentPassword, proveSelf } from "./prove-self.ts";
import { notEnabled } from "./recovery-codes.ts";
import { drawSecondFactor, lockUser, requireSecondFactor, secondFactorCode } from "./second-factor.ts";

export const disableTotpInput = z.object({ currentPassword, code: secondFactorCode });

const forgetStatement = statement(
  "totp.forget",
  "with codes as (delete from auth.recovery_codes where user_id = $1) delete from auth.totp where user_id = $1",
);
const disableStatement = statement(
  "two-factor.disable",
  `update auth.users u set two_factor_since = null, recovery_codes_left = 0, version = u.version + 1, updated_at = $2
  where u.id = $1 returning ${userColumns}`,
);

/** Within a transaction that has locked the account; who calls records the change. */
export async function turnTwoFactorOff(ctx: Ctx, userId: string): Promise<UserView> {
  await Promise.all([ctx.sql.query(forgetStatement, [userId]), voidChallenges(ctx, userId)]);
  const [user] = await ctx.sql.query<UserView>(disableStatement, [userId, ctx.now]);
  return user as UserView;
}

/**
 * Turns the second factor off, with the password and a code of the app or a recovery code.
 *
 * @throws AppError `validation.failed` | `auth.required` (rule "recent-sign-in") | `auth.invalid` (the code does not hold)
 *   | `rule.broken` ("totp.disabled") | `rate-limited`
 */
export async function disableTotp(ctx: Ctx, input: z.output<typeof disableTotpInput>): Promise<UserView> {
  await proveSelf(ctx, input.currentPassword);
  const giveBack = await drawSecondFactor(ctx, ctx.actor.userId, input.code);
  const disabled = await inTransaction(actingAs(ctx, ctx.actor), async (ctx) => {
    const { userId } = ctx.actor;
    if (!(await lockUser(ctx, userId)).twoFactorSince) throw notEnabled();
    await requireSecondFactor(ctx, userId, input.code);
    const before = await lockUser(ctx, userId); // a recovery code has changed it
    const user = await turnTwoFactorOff(ctx, userId);
    postLetter(ctx, noticeLetter, { userId, about: "two-factor-disabled" });
    return record(ctx, twoFactorDisabled, before, user);
  });
  await giveBack();
  return disabled;
}
