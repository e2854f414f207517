import { z } from "zod";
import type { PublicCtx } from "../../context.ts";
import { postLetter } from "../letters.ts";
import { noticeLetter } from "./account.letters.ts";
import { voidChallenges } from "./challenge.ts";
import { endSessions } from "./end-sessions.ts";
import { voidMailProofs } from "./mail-proof.ts";
import { endAllApiTokens } from "./revoke-api-token.ts";

/** Who may have been robbed ends everything; who only wants another password keeps what runs by itself. */
export const endApiTokens = z.boolean().describe("also revokes all API tokens of the account");

interface Ends {
  /** A session that goes on: the one that changed the password. */
  readonly exceptSessionId?: string;
  readonly endApiTokens: boolean;
}

/**
 * What follows a change of the password, in the same transaction and after the row was written, so that every session
 * begun before is seen: sessions, half-made sign-ins and, where asked, API tokens end, links that would undo it are void,
 * and the person is told.
 */
export async function endWhatPasswordBegan(ctx: PublicCtx, userId: string, ends: Ends): Promise<void> {
  await voidChallenges(ctx, userId);
  await voidMailProofs(ctx, userId, ["reset-password", "change-email"]);
  await endSessions(ctx, userId, ends.exceptSessionId === undefined ? {} : { except: ends.exceptSessionId });
  if (ends.endApiTokens) await endAllApiTokens(ctx, userId);
  postLetter(ctx, noticeLetter, { userId, about: ends.endApiTokens ? "password-and-tokens" : "password-changed" });
}
