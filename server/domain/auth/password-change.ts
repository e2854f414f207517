import type { PublicCtx } from "../../context.ts";
import { postLetter } from "../letters.ts";
import { noticeLetter } from "./account.letters.ts";
import { voidChallenges } from "./challenge.ts";
import { endSessions } from "./end-sessions.ts";
import { voidMailProofs } from "./mail-proof.ts";

/**
 * What follows a change of the password, in the same transaction and after the row was written, so that every session
 * begun before is seen: sessions and half-made sign-ins end, links that would undo it are void, and the person is told.
 */
export async function endWhatPasswordBegan(ctx: PublicCtx, userId: string, exceptSessionId?: string): Promise<void> {
  await voidChallenges(ctx, userId);
  await voidMailProofs(ctx, userId, ["reset-password", "change-email"]);
  await endSessions(ctx, userId, exceptSessionId === undefined ? {} : { except: exceptSessionId });
  postLetter(ctx, noticeLetter, { userId, about: "password-changed" });
}
