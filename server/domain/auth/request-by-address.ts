import { NIL } from "uuid";
import { z } from "zod";
import { actingAs, type Ctx, type PublicCtx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { email } from "../fields.ts";
import { postLetter } from "../letters.ts";
import { resetPasswordLetter, verifyEmailLetter } from "./account.letters.ts";
import { type Accepted, answerAlike } from "./alike.ts";
import { type UserView, userColumns } from "./auth.view.ts";
import { issueMailProof } from "./mail-proof.ts";
import { throttleAddress } from "./throttle.ts";

export const byAddressInput = z.object({ email });
type ByAddress = z.output<typeof byAddressInput>;

const findStatement = statement(
  "account.by-address",
  `select ${userColumns} from auth.users u where u.email = $1 and u.disabled_at is null and u.kind = 'person'`,
);

/**
 * Does something for the account of an address, if there is one, in one transaction; the answer is the same if not.
 *
 * @throws AppError `rate-limited` (per address, known or not, and per caller)
 */
async function forAccountOf(
  ctx: PublicCtx,
  { email }: ByAddress,
  work: (ctx: Ctx, user: UserView) => Promise<void>,
): Promise<Accepted> {
  await throttleAddress(ctx, "mail-proof:ip");
  await ctx.app.limits.consume("mail-proof:address", email);
  return answerAlike(ctx, async () => {
    const [user] = await ctx.sql.query<UserView>(findStatement, [email]);
    if (!user) return;
    await inTransaction(actingAs(ctx, { userId: user.id, sessionId: NIL }), (ctx) => work(ctx, user));
  });
}

/** Sends a link that sets a new password to the address, if it has an account. @throws AppError `rate-limited` */
export const requestPasswordReset = (ctx: PublicCtx, input: ByAddress): Promise<Accepted> =>
  forAccountOf(ctx, input, async (ctx, { id: userId, email }) => {
    const proofId = await issueMailProof(ctx, { userId, purpose: "reset-password", email });
    postLetter(ctx, resetPasswordLetter, { proofId });
  });

/** Sends the link that proves the address once more, if it has an account that needs it. @throws AppError `rate-limited` */
export const resendVerification = (ctx: PublicCtx, input: ByAddress): Promise<Accepted> =>
  forAccountOf(ctx, input, async (ctx, user) => {
    if (!user.emailVerifiedAt) await sendVerification(ctx, user);
  });

/** Sends the link that proves an account's address, within a transaction. */
export async function sendVerification(ctx: Ctx, { id: userId, email }: UserView): Promise<void> {
  const proofId = await issueMailProof(ctx, { userId, purpose: "verify-email", email });
  postLetter(ctx, verifyEmailLetter, { proofId });
}
