import { NIL } from "uuid";
import { z } from "zod";
import { actingAs, type PublicCtx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { passwordChanged } from "./auth.events.ts";
import { type UserView, userColumns } from "./auth.view.ts";
import { newPassword, requireUncommonPassword } from "./credentials.ts";
import { dropWaysIn } from "./drop-ways-in.ts";
import { linkOver, presentMailProof, useMailProof } from "./mail-proof.ts";
import { endApiTokens, endWhatPasswordBegan } from "./password-change.ts";
import { lockUser } from "./second-factor.ts";
import { throttleAddress } from "./throttle.ts";
import { mailTokenInput } from "./verify-email.ts";

export const resetPasswordInput = mailTokenInput.extend({ newPassword, endApiTokens: endApiTokens.default(true) });
export const resetSchema = z.object({ status: z.literal("changed") });

const accountStatement = statement(
  "password.of-proof",
  `select u.name, u.password_hash as "passwordHash" from auth.users u where u.id = $1`,
);
const resetStatement = statement(
  "password.reset",
  `update auth.users u set password_hash = $2, email_verified_at = coalesce(u.email_verified_at, $3),
    version = u.version + 1, updated_at = $3
  where u.id = $1 returning ${userColumns}`,
);

/**
 * Sets a new password with the link of a letter, and ends all sessions and, unless they are to be kept, API tokens. The
 * link came to the account's address, so that is proved, too. A second factor stays on, unless nobody had proved the
 * address before: then it, identities and API tokens may be of somebody else who opened the account, and go. Sent again
 * with the same password, it answers the same.
 *
 * @throws AppError `validation.failed` (the password is no good) | `auth.invalid` (unknown, used, or replaced by a newer
 *   one) | `auth.expired` | `rate-limited`
 */
export async function resetPassword(
  ctx: PublicCtx,
  input: z.output<typeof resetPasswordInput>,
): Promise<z.output<typeof resetSchema>> {
  const { passwords } = ctx.app;
  await throttleAddress(ctx, "mail-proof:ip");
  const { id, userId, email, used } = await presentMailProof(ctx, input.token, "reset-password");
  const [account] = await ctx.sql.query<{ name: string; passwordHash: string | null }>(accountStatement, [userId]);
  if (!account) throw linkOver();
  if (used) {
    if (await passwords.matches(account.passwordHash, input.newPassword)) return { status: "changed" };
    throw linkOver();
  }
  requireUncommonPassword("newPassword", input.newPassword, { email, name: account.name });
  const newHash = await passwords.hash(input.newPassword);

  return inTransaction(actingAs(ctx, { userId, sessionId: NIL }), async (ctx) => {
    const locked = await lockUser(ctx, userId);
    if (locked.email !== email) throw linkOver();
    await useMailProof(ctx, id);
    const before = locked.emailVerifiedAt ? locked : await dropWaysIn(ctx, locked);
    const [user] = await ctx.sql.query<UserView>(resetStatement, [userId, newHash, ctx.now]);
    await endWhatPasswordBegan(ctx, userId, input);
    record(ctx, passwordChanged, before, user as UserView);
    return { status: "changed" as const };
  });
}
