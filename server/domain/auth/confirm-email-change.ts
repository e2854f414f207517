import { NIL } from "uuid";
import { actingAs, type Ctx, type PublicCtx } from "../../context.ts";
import { conflict } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { profileChange } from "../consequences.ts";
import { postLetter } from "../letters.ts";
import { addressChangedLetter } from "./account.letters.ts";
import { emailChanged } from "./auth.events.ts";
import { type UserView, userColumns } from "./auth.view.ts";
import { presentMailProof, useMailProof, voidMailProofs } from "./mail-proof.ts";
import { lockUser } from "./second-factor.ts";
import { throttleAddress } from "./throttle.ts";
import type { MailToken, Proved } from "./verify-email.ts";

const changeStatement = statement(
  "address.change",
  `update auth.users u set email = $2, email_verified_at = $3, version = u.version + 1, updated_at = $3
  where u.id = $1 and not exists (select from auth.users other where other.email = $2) returning ${userColumns}`,
);

/**
 * Gives the account the address that the link was sent to, and proves it; the address before is told. The new one shows
 * at once wherever people see each other. Sent again, it answers the same.
 *
 * @throws AppError `auth.invalid` (unknown, used, replaced by a newer one, or void after a change of the password)
 *   | `auth.expired` | `conflict` (the address has another account meanwhile) | `rate-limited`
 */
export async function confirmEmailChange(ctx: PublicCtx, { token }: MailToken): Promise<Proved> {
  await throttleAddress(ctx, "mail-proof:ip");
  const { id, userId, email } = await presentMailProof(ctx, token, "change-email");
  const actor = { userId, sessionId: NIL };
  return inTransaction(actingAs(ctx, actor), (ctx) =>
    profileChange.around(ctx, { userId }, () => changeAddress(ctx, id, email)),
  );
}

async function changeAddress(ctx: Ctx, proofId: string, email: string): Promise<Proved> {
  const { userId } = ctx.actor;
  const before = await lockUser(ctx, userId);
  if (before.email === email) return { email }; // done by an earlier attempt
  await useMailProof(ctx, proofId);
  const [user] = await ctx.sql.query<UserView>(changeStatement, [userId, email, ctx.now]);
  if (!user) throw conflict("This address has an account already.");
  await voidMailProofs(ctx, userId, ["reset-password", "verify-email"]); // they were sent to the address before
  record(ctx, emailChanged, before, user);
  postLetter(ctx, addressChangedLetter, { userId, formerAddress: before.email });
  return { email };
}
