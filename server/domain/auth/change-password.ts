import { z } from "zod";
import { actingAs, type Ctx } from "../../context.ts";
import { conflict, invalid, notFound } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { passwordChanged } from "./auth.events.ts";
import { type UserView, userColumns } from "./auth.view.ts";
import { newPassword, password, requireUncommonPassword } from "./credentials.ts";
import { endApiTokens, endWhatPasswordBegan } from "./password-change.ts";

export const changePasswordInput = z.object({
  currentPassword: password,
  newPassword,
  endApiTokens: endApiTokens.default(false),
});

type Account = UserView & { passwordHash: string | null };

const accountStatement = statement(
  "password.account",
  `select ${userColumns}, u.password_hash as "passwordHash" from auth.users u where u.id = $1`,
);
const updateStatement = statement(
  "password.update",
  `update auth.users u set password_hash = $3, version = u.version + 1, updated_at = $4
  where u.id = $1 and u.password_hash = $2 returning ${userColumns}`,
);

/**
 * Changes the caller's password and ends all other sessions, and API tokens where asked. Sent again after it was done, it answers the same.
 *
 * @throws AppError `validation.failed` (the current password is wrong, or the new one no good) | `conflict` (changed
 *   elsewhere at the same time) | `rate-limited`
 */
export async function changePassword(ctx: Ctx, input: z.output<typeof changePasswordInput>): Promise<UserView> {
  const { limits, passwords } = ctx.app;
  const { userId, sessionId } = ctx.actor;
  await limits.consume("password:account", userId);
  const [account] = await ctx.sql.query<Account>(accountStatement, [userId]);
  if (!account) throw notFound("user", userId);
  const { passwordHash, ...before } = account;

  if (!(await passwords.matches(passwordHash, input.currentPassword))) {
    if (await passwords.matches(passwordHash, input.newPassword)) return before; // done by an earlier attempt
    throw invalid("currentPassword", "This is not your current password.");
  }
  if (input.newPassword === input.currentPassword) throw invalid("newPassword", "Choose another than the current one.");
  requireUncommonPassword("newPassword", input.newPassword, before);
  const newHash = await passwords.hash(input.newPassword);

  const after = await inTransaction(actingAs(ctx, ctx.actor), async (ctx) => {
    const [user] = await ctx.sql.query<UserView>(updateStatement, [userId, passwordHash, newHash, ctx.now]);
    if (!user) throw conflict("The password was changed elsewhere at the same time.", { retry: true });
    await endWhatPasswordBegan(ctx, userId, { exceptSessionId: sessionId, endApiTokens: input.endApiTokens });
    return record(ctx, passwordChanged, before, user);
  });
  await limits.reset("password:account", userId);
  return after;
}
