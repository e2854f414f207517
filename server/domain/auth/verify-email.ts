import { NIL } from "uuid";
import { z } from "zod";
import { actingAs, type PublicCtx } from "../../context.ts";
import { inTransaction } from "../../transaction.ts";
import { linkOver, presentMailProof, useMailProof } from "./mail-proof.ts";
import { proveAddress } from "./prove-address.ts";
import { lockUser } from "./second-factor.ts";
import { throttleAddress } from "./throttle.ts";

export const mailTokenInput = z.object({ token: z.string().min(1).max(200).describe("from the link in the letter") });
export type MailToken = z.output<typeof mailTokenInput>;
export const provedSchema = z.object({ email: z.string().describe("which is proved now") });
export type Proved = z.output<typeof provedSchema>;

/**
 * Proves that the person reads mail to the account's address. Sent again, it answers the same.
 *
 * @throws AppError `auth.invalid` (unknown, replaced by a newer one, or the account has another address now)
 *   | `auth.expired` | `rate-limited`
 */
export async function verifyEmail(ctx: PublicCtx, { token }: MailToken): Promise<Proved> {
  await throttleAddress(ctx, "mail-proof:ip");
  const { id, userId, email, used } = await presentMailProof(ctx, token, "verify-email");
  return inTransaction(actingAs(ctx, { userId, sessionId: NIL }), async (ctx) => {
    const user = await lockUser(ctx, userId);
    if (user.email !== email) throw linkOver();
    if (!(used && user.emailVerifiedAt)) await useMailProof(ctx, id);
    await proveAddress(ctx, user);
    return { email };
  });
}
