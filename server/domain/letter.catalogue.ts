import type { LetterDefinition } from "./letters.ts";
import { invitationLetter } from "./organizations/invitation.letter.ts";

/** Every letter that can be posted. */
export const letterCatalogue = [invitationLetter] as unknown as readonly LetterDefinition[];
