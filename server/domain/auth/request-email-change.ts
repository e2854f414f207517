import { z } from "zod";
import { actingAs, type Ctx } from "../../context.ts";
import { invalid } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { email } from "../fields.ts";
import { postLetter } from "../letters.ts";
import { accountExistsLetter, changeEmailLetter } from "./account.letters.ts";
import { type Accepted, answerAlike } from "./alike.ts";
import { issueMailProof } from "./mail-proof.ts";
import { currentPassword, proveSelf } from "./prove-self.ts";
import { lockUser } from "./second-factor.ts";

export const requestEmailChangeInput = z.object({ newEmail: email, currentPassword });

const ownerStatement = statement("address.owner", "select id from auth.users where email = $1 and kind = 'person'");

/**
 * Sends a link to the address that the caller wants to have; `auth.confirmEmailChange` takes it. Whether the address has
 * an account already, only its owner is told, by mail.
 *
 * @throws AppError `validation.failed` (the password; or it is the account's address) | `auth.required` (rule
 *   "recent-sign-in") | `rate-limited`
 */
export async function requestEmailChange(ctx: Ctx, input: z.output<typeof requestEmailChangeInput>): Promise<Accepted> {
  await proveSelf(ctx, input.currentPassword);
  await ctx.app.limits.consume("mail-proof:account", ctx.actor.userId);
  await ctx.app.limits.consume("mail-proof:address", input.newEmail);
  return answerAlike(ctx, () =>
    inTransaction(actingAs(ctx, ctx.actor), async (ctx) => {
      const user = await lockUser(ctx, ctx.actor.userId);
      if (user.email === input.newEmail) throw invalid("newEmail", "This is your address already.");
      const [owner] = await ctx.sql.query<{ id: string }>(ownerStatement, [input.newEmail]);
      if (owner) return postLetter(ctx, accountExistsLetter, { userId: owner.id });
      const proof = { userId: user.id, purpose: "change-email", email: input.newEmail } as const;
      postLetter(ctx, changeEmailLetter, { proofId: await issueMailProof(ctx, proof) });
    }),
  );
}
