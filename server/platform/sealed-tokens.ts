import { errors, jwtVerify, SignJWT } from "jose";
import type { Config } from "../config.ts";
import { AppError } from "../errors.ts";
import { derivedSecret } from "./secrets.ts";
import { signingKeyPem } from "./signing-key.ts";

const keyFor = ({ JWT_PRIVATE_KEY, DATA_DIR }: Config, purpose: string) =>
  new TextEncoder().encode(derivedSecret(JWT_PRIVATE_KEY ?? signingKeyPem(DATA_DIR), `token:${purpose}`));

/** Words of the server to itself, carried by somebody else for a short time: they can be read, but not changed. */
export function sealedTokens<Payload extends Record<string, unknown>>(config: Config, purpose: string) {
  const key = keyFor(config, purpose);
  return {
    seal: (payload: Payload, expiresAt: Date): Promise<string> =>
      new SignJWT(payload)
        .setProtectedHeader({ alg: "HS256" })
        .setExpirationTime(Math.floor(expiresAt.getTime() / 1000))
        .sign(key),
    /** @throws AppError `auth.expired` | `auth.invalid` */
    async open(token: string): Promise<Payload> {
      try {
        const { payload } = await jwtVerify<Payload>(token, key, { algorithms: ["HS256"], requiredClaims: ["exp"] });
        const { exp: _, ...words } = payload;
        return words as unknown as Payload;
      } catch (error) {
        throw error instanceof errors.JWTExpired
          ? new AppError("auth.expired", "This link has expired; ask for a new one.")
          : new AppError("auth.invalid", "This link does not hold.");
      }
    },
  };
}
