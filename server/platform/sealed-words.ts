import { EncryptJWT, errors, jwtDecrypt } from "jose";
import type { Config } from "../config.ts";
import { derivedSecret } from "./secrets.ts";
import { signingKeyPem } from "./signing-key.ts";

/** Words that only the server can read, kept in its database or carried by a browser: JWE, A256GCM (RFC 7516). */
export interface SealedWords<Payload> {
  /** @param expiresAt from then on it does not open; null: it always does */
  seal(payload: Payload, expiresAt: Date | null): Promise<string>;
  /** @returns null when it is not ours, was changed or has expired */
  open(sealed: string): Promise<Payload | null>;
}

/** Sealed with the first of SECRETS_KEYS and opened with any; the signing key serves as the last one. */
export function sealedWords<Payload extends Record<string, unknown>>(
  { SECRETS_KEYS, JWT_PRIVATE_KEY, DATA_DIR }: Config,
  purpose: string,
): SealedWords<Payload> {
  const secrets = [...SECRETS_KEYS, JWT_PRIVATE_KEY ?? signingKeyPem(DATA_DIR)];
  const keys = secrets.map((secret) => Buffer.from(derivedSecret(secret, `seal:${purpose}`), "base64url"));
  return {
    seal(payload, expiresAt) {
      const words = new EncryptJWT({ words: payload }).setProtectedHeader({ alg: "dir", enc: "A256GCM" });
      if (expiresAt) words.setExpirationTime(expiresAt);
      return words.encrypt(keys[0]!);
    },
    async open(sealed) {
      for (const key of keys) {
        try {
          const options = { keyManagementAlgorithms: ["dir"], contentEncryptionAlgorithms: ["A256GCM"] };
          const { payload } = await jwtDecrypt<{ words: Payload }>(sealed, key, options);
          return payload.words;
        } catch (error) {
          if (!(error instanceof errors.JWEDecryptionFailed)) return null;
        }
      }
      return null;
    },
  };
}
