import { dictionary } from "@zxcvbn-ts/language-common";
import { z } from "zod";
import { invalid } from "../../errors.ts";
import { normalized } from "../../platform/passwords.ts";

const minLength = 8;
const maxLength = 256;
const lengthOf = (password: string) => [...normalized(password)].length;

/** A password to compare; whether it was ever a good one does not matter here. */
export const password = z.string().min(1).max(1_024);

/** A password to be: length is what counts, any character may be in it (NIST SP 800-63B-4 §3.1.1.2). */
export const newPassword = password
  .refine((text) => text.isWellFormed(), "must not contain unpaired surrogates")
  .refine((text) => lengthOf(text) >= minLength, `must have at least ${minLength} characters`)
  .refine((text) => lengthOf(text) <= maxLength, `must have at most ${maxLength} characters`)
  .meta({ description: `${minLength} to ${maxLength} characters; not a common one, not your own address or name` });

const common = new Set(dictionary["passwords-common"].filter((text) => text.length >= minLength));

/**
 * Refuses what is tried first: common passwords, and what is known of the person.
 *
 * @throws AppError `validation.failed`
 */
export function requireUncommonPassword(path: string, password: string, person: { email: string; name: string }): void {
  const plain = normalized(password).toLowerCase();
  if (common.has(plain)) throw invalid(path, "This is one of the most common passwords; choose another.");
  const known = [person.email, person.email.split("@")[0], person.name, "taskwire"].map((text) => text?.toLowerCase());
  if (known.includes(plain)) throw invalid(path, "A password must not be your own address or name.");
}
