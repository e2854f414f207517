import * as account from "./auth/account.letters.ts";
import type { LetterDefinition } from "./letters.ts";
import { notificationLetter } from "./notifications/notification.letter.ts";
import { invitationLetter } from "./organizations/invitation.letter.ts";

/** Every letter that can be posted. */
export const letterCatalogue = [
  ...Object.values(account),
  invitationLetter,
  notificationLetter,
] as unknown as readonly LetterDefinition[];
