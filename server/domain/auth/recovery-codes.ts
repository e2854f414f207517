import { randomBytes } from "node:crypto";
import { z } from "zod";
import { actingAs, type Ctx } from "../../context.ts";
import { ruleBroken } from "../../errors.ts";
import { hashOfSecret } from "../../platform/secrets.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { recoveryCodesRenewed } from "./auth.events.ts";
import { type UserView, userColumns, userViewSchema } from "./auth.view.ts";
import { acceptTotp, drawSecondFactor, lockUser, secondFactorCode, wrongCode } from "./second-factor.ts";

const codeCount = 10;
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** 80 random bits, in groups that people can copy by hand. */
function makeCode(): string {
  const code = Array.from(randomBytes(16), (byte) => alphabet[byte % 32]).join("");
  return code.match(/.{4}/g)!.join("-");
}

const replaceStatement = statement(
  "recovery-codes.replace",
  `with gone as (delete from auth.recovery_codes where user_id = $1)
  insert into auth.recovery_codes (code_hash, user_id) select unnest($2::text[]), $1`,
);

/** Makes new codes for a person and forgets the old ones, within a transaction; who calls sets their number. */
export async function replaceRecoveryCodes(ctx: Ctx): Promise<string[]> {
  const codes = Array.from({ length: codeCount }, makeCode);
  const hashes = codes.map((code) => hashOfSecret(code.replaceAll("-", "")));
  await ctx.sql.query(replaceStatement, [ctx.actor.userId, hashes]);
  return codes;
}

export const withCodeInput = z.object({ code: secondFactorCode });
export const recoveryCodesSchema = z.object({
  user: userViewSchema,
  recoveryCodes: z.array(z.string()).describe("each signs in once without the app; shown only now"),
});

const countStatement = statement(
  "recovery-codes.count",
  `update auth.users u set recovery_codes_left = $2, version = u.version + 1, updated_at = $3
  where u.id = $1 returning ${userColumns}`,
);

/**
 * Makes new recovery codes; the old ones are void.
 *
 * @throws AppError `auth.invalid` (the app's code does not hold) | `rule.broken` ("totp.disabled") | `rate-limited`
 */
export async function renewRecoveryCodes(
  ctx: Ctx,
  { code }: z.output<typeof withCodeInput>,
): Promise<z.output<typeof recoveryCodesSchema>> {
  const giveBack = await drawSecondFactor(ctx, ctx.actor.userId, code);
  const renewed = await inTransaction(actingAs(ctx, ctx.actor), async (ctx) => {
    const { userId } = ctx.actor;
    const before = await lockUser(ctx, userId);
    if (!before.twoFactorSince) throw notEnabled();
    if (!(await acceptTotp(ctx, userId, code, true))) throw wrongCode();
    const recoveryCodes = await replaceRecoveryCodes(ctx);
    const [user] = await ctx.sql.query<UserView>(countStatement, [userId, recoveryCodes.length, ctx.now]);
    return { user: record(ctx, recoveryCodesRenewed, before, user as UserView), recoveryCodes };
  });
  await giveBack();
  return renewed;
}

export const notEnabled = () => ruleBroken("totp.disabled", "The second factor is off.");
