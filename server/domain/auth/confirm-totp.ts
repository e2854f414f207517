import type { z } from "zod";
import { actingAs, type Ctx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { postLetter } from "../letters.ts";
import { noticeLetter } from "./account.letters.ts";
import { twoFactorEnabled } from "./auth.events.ts";
import { type UserView, userColumns } from "./auth.view.ts";
import { alreadyEnabled } from "./begin-totp.ts";
import { type recoveryCodesSchema, replaceRecoveryCodes, type withCodeInput } from "./recovery-codes.ts";
import { acceptTotp, drawSecondFactor, lockUser, wrongCode } from "./second-factor.ts";

const confirmStatement = statement("totp.confirm", "update auth.totp set confirmed_at = $2 where user_id = $1");
const enableStatement = statement(
  "two-factor.enable",
  `update auth.users u set two_factor_since = $2, recovery_codes_left = $3, version = u.version + 1, updated_at = $2
  where u.id = $1 returning ${userColumns}`,
);

/**
 * Turns the second factor on, with a code of the app that knows the new secret. From now on a sign-in takes two steps.
 *
 * @throws AppError `auth.invalid` (the code does not hold, or nothing was begun) | `rule.broken` ("totp.enabled")
 *   | `rate-limited`
 */
export async function confirmTotp(
  ctx: Ctx,
  { code }: z.output<typeof withCodeInput>,
): Promise<z.output<typeof recoveryCodesSchema>> {
  const giveBack = await drawSecondFactor(ctx, ctx.actor.userId, code);
  const enabled = await inTransaction(actingAs(ctx, ctx.actor), async (ctx) => {
    const { userId } = ctx.actor;
    const before = await lockUser(ctx, userId);
    if (before.twoFactorSince) throw alreadyEnabled();
    if (!(await acceptTotp(ctx, userId, code, false))) throw wrongCode();
    await ctx.sql.query(confirmStatement, [userId, ctx.now]);
    const recoveryCodes = await replaceRecoveryCodes(ctx);
    const [user] = await ctx.sql.query<UserView>(enableStatement, [userId, ctx.now, recoveryCodes.length]);
    postLetter(ctx, noticeLetter, { userId, about: "two-factor-enabled" });
    return { user: record(ctx, twoFactorEnabled, before, user as UserView), recoveryCodes };
  });
  await giveBack();
  return enabled;
}
