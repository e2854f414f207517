import { z } from "zod";
import { actingAs, type Ctx } from "../../context.ts";
import { ruleBroken } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { currentPassword, proveSelf } from "./prove-self.ts";
import { lockUser, makeTotp } from "./second-factor.ts";

export const beginTotpInput = z.object({ currentPassword });
export const begunTotpSchema = z.object({
  secret: z.string().describe("base32, for people who type it"),
  uri: z.string().describe("`otpauth://totp/…`, to be shown as a QR code"),
});

const keepStatement = statement(
  "totp.keep",
  `insert into auth.totp (user_id, sealed_secret, created_at) values ($1, $2, $3)
  on conflict (user_id) do update set sealed_secret = excluded.sealed_secret, created_at = excluded.created_at, last_step = 0
  where auth.totp.confirmed_at is null`,
);

/**
 * Makes a secret for an authenticator app. It counts only once `totp.confirm` was called with a code; until then a new
 * one replaces it.
 *
 * @throws AppError `validation.failed` | `auth.required` (rule "recent-sign-in") | `rule.broken` ("totp.enabled")
 *   | `rate-limited`
 */
export async function beginTotp(
  ctx: Ctx,
  input: z.output<typeof beginTotpInput>,
): Promise<z.output<typeof begunTotpSchema>> {
  await proveSelf(ctx, input.currentPassword);
  // The answer is a secret: not kept for a repetition.
  return inTransaction(actingAs(ctx, ctx.actor), async (ctx) => {
    const user = await lockUser(ctx, ctx.actor.userId);
    if (user.twoFactorSince) throw alreadyEnabled();
    const { secret, uri, sealedSecret } = await makeTotp(ctx, user.email);
    await ctx.sql.query(keepStatement, [user.id, sealedSecret, ctx.now]);
    return { secret, uri };
  });
}

export const alreadyEnabled = () => ruleBroken("totp.enabled", "The second factor is on; turn it off first.");
