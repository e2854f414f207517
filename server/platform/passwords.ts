import { randomBytes } from "node:crypto";
import { availableParallelism } from "node:os";
import { hash, hashSync, verify } from "@node-rs/argon2";
import pLimit from "p-limit";
import type { Config } from "../config.ts";
import { AppError } from "../errors.ts";

/** Passwords at rest: argon2id, a few at a time, so that hashing starves neither the loop nor the other calls. */
export interface Passwords {
  /** @throws AppError `rate-limited` (too many wait already) */
  hash(password: string): Promise<string>;
  /**
   * Compares with a hash from `hash`. Without one it takes as long and answers false, so that an answer's time does not
   * tell whether there is an account.
   *
   * @throws AppError `rate-limited` (too many wait already)
   */
  matches(hashed: string | null, password: string): Promise<boolean>;
}

declare module "./services.ts" {
  interface Services {
    readonly passwords: Passwords;
  }
}

/** https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#argon2id: 19 MiB, two passes, one lane. */
const strong = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const fast = { memoryCost: 64, timeCost: 1, parallelism: 1 };

/** One thread of libuv's four stays free for files and names; a core for the loop. */
const concurrency = Math.min(3, Math.max(1, availableParallelism() - 1));
/** About two seconds of work: who comes later would wait longer than clients do. */
const maxWaiting = 64 * concurrency;

export function createPasswords(config: Pick<Config, "NODE_ENV">): Passwords {
  const options = config.NODE_ENV === "test" ? fast : strong; // argon2id is the package's default
  const limit = pLimit(concurrency);
  const nobody = hashSync(randomBytes(32), options);

  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    if (limit.pendingCount >= maxWaiting) throw busy();
    return limit(work);
  };
  return {
    hash: async (password) => inTurn(() => hash(normalized(password), options)),
    matches: async (hashed, password) =>
      (await inTurn(() => verify(hashed ?? nobody, normalized(password)))) && hashed !== null,
  };
}

/** So that the same characters match whatever way a keyboard composes them (NIST SP 800-63B-4 §3.1.1.2). */
export const normalized = (password: string) => password.normalize("NFKC");

const busy = () =>
  new AppError("rate-limited", "Too many people are signing in; try again in a moment.", { retryAfterSeconds: 1 });
