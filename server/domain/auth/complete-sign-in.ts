import { z } from "zod";
import type { PublicCtx } from "../../context.ts";
import { AppError } from "../../errors.ts";
import { audit } from "../audit.ts";
import type { SignedIn } from "./auth.view.ts";
import { beginSession } from "./begin-session.ts";
import { presentChallenge, redeemChallenge } from "./challenge.ts";
import type { loginSchema } from "./login.ts";
import { drawSecondFactor, lockUser, requireSecondFactor, secondFactorCode } from "./second-factor.ts";
import { throttleAddress } from "./throttle.ts";

export const completeSignInInput = z.object({
  challenge: z.string().min(1).max(200).describe("`details.challenge` of the sign-in that asked for a second factor"),
  code: secondFactorCode,
});

/**
 * The second step of a sign-in. A challenge holds for five minutes and five tries, starts one session, and ends with a
 * change of the password.
 *
 * @throws AppError `auth.invalid` (challenge or code) | `rate-limited`
 */
export async function completeSignIn(
  ctx: PublicCtx,
  { challenge, code }: z.output<typeof completeSignInInput>,
): Promise<SignedIn> {
  await throttleAddress(ctx, "sign-in:ip");
  const { userId, cookie } = await presentChallenge(ctx, challenge);
  const giveBack = await drawSecondFactor(ctx, userId, code);
  const prove = async (ctx: PublicCtx) => {
    await lockUser(ctx, userId); // before the challenge is looked at: a change of the password removes it
    await redeemChallenge(ctx, challenge);
    await requireSecondFactor(ctx, userId, code);
    return lockUser(ctx, userId);
  };
  const signedIn = await beginSession(ctx, userId, { cookie, prove }).catch(async (error) => {
    const target = { type: "user", id: userId };
    if (error instanceof AppError) await audit(ctx, { action: "second-factor.failed", subjectId: userId, target });
    throw error;
  });
  await giveBack();
  return signedIn;
}

/** The second step of `auth.login`. @throws AppError as `completeSignIn` */
export async function completeLogin(
  ctx: PublicCtx,
  input: z.output<typeof completeSignInInput>,
): Promise<z.output<typeof loginSchema>> {
  const { accessToken, refreshToken } = await completeSignIn(ctx, input);
  if (!refreshToken) throw new AppError("auth.invalid", "This challenge is a browser's; complete it there.");
  return { access: accessToken, refresh: refreshToken };
}
