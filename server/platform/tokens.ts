import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { calculateJwkThumbprint, errors, exportJWK, type JWK, type JWTPayload, jwtVerify, SignJWT } from "jose";
import { LRUCache } from "lru-cache";
import type { Config } from "../config.ts";
import { AppError } from "../errors.ts";
import { signingKeyPem } from "./signing-key.ts";

/** Whom an access token speaks for. */
export interface TokenSubject {
  readonly userId: string;
  readonly sessionId: string;
}

export interface AccessToken {
  readonly token: string;
  /** ISO 8601, whole seconds. */
  readonly expiresAt: string;
}

/** What an access token says. */
export interface TokenClaims extends TokenSubject {
  /** Its `jti`, by which it can be revoked. */
  readonly tokenId: string;
  /** A program's token is good for these only (RFC 9068 §2.2.3); null: for all that the person may do. */
  readonly scopes: readonly string[] | null;
  readonly expiresAt: Date;
}

/** Access tokens: JWTs (RFC 9068) signed with Ed25519, so that other services can check them with the public keys alone. */
export interface Tokens {
  /** The same arguments give the same token, because Ed25519 signatures are deterministic (RFC 8032 §5.1.6). */
  mint(subject: TokenSubject, tokenId: string, issuedAt: Date, scopes?: readonly string[]): Promise<AccessToken>;
  /**
   * Tells whom a token speaks for; whether the session still lives, `Sessions` knows, and whether the token was revoked,
   * `RevokedTokens`.
   *
   * @throws AppError `auth.invalid` | `auth.expired`
   */
  verify(token: string): Promise<TokenClaims>;
  /** The public keys, for `/.well-known/jwks.json` (RFC 7517). */
  readonly jwks: { readonly keys: readonly JWK[] };
}

declare module "./services.ts" {
  interface Services {
    readonly tokens: Tokens;
  }
}

const algorithm = "EdDSA";
const type = "at+jwt";
export const audience = "taskwire";

/** Longer ones are not ours; refused before any work is done. */
const maxTokenLength = 2_048;
const maxRemembered = 20_000;

/**
 * Reads the keys. The kid of a key is its thumbprint (RFC 7638); a previous public key is accepted until it is taken
 * from the configuration, so that a rotation signs nobody out.
 *
 * @throws Error that names the setting with a key that is no Ed25519 key
 */
export async function createTokens(config: Config): Promise<Tokens> {
  const privateKey = readKey("JWT_PRIVATE_KEY", () =>
    createPrivateKey(config.JWT_PRIVATE_KEY?.replaceAll("\\n", "\n") ?? signingKeyPem(config.DATA_DIR)),
  );
  const previous = config.JWT_PREVIOUS_PUBLIC_KEYS.map((key) =>
    readKey("JWT_PREVIOUS_PUBLIC_KEYS", () =>
      createPublicKey({ key: Buffer.from(key, "base64"), format: "der", type: "spki" }),
    ),
  );
  const published = await Promise.all([createPublicKey(privateKey), ...previous].map(publish));
  const current = published[0]!;
  const byKid = new Map(published.map((key) => [key.jwk.kid, key.key]));

  // A token is checked once and then known: a signature costs 100 µs, a look-up less than one.
  const remembered = new LRUCache<string, TokenClaims>({ max: maxRemembered });

  return {
    jwks: { keys: published.map((key) => key.jwk) },
    async mint(subject, tokenId, issuedAt, scopes) {
      const iat = Math.floor(issuedAt.getTime() / 1000);
      const exp = iat + config.ACCESS_TOKEN_SECONDS;
      const token = await new SignJWT({ sid: subject.sessionId, ...(scopes ? { scope: scopes.join(" ") } : {}) })
        .setProtectedHeader({ alg: algorithm, typ: type, kid: current.jwk.kid })
        .setIssuer(config.publicUrl)
        .setAudience(audience)
        .setSubject(subject.userId)
        .setJti(tokenId)
        .setIssuedAt(iat)
        .setExpirationTime(exp)
        .sign(privateKey);
      return { token, expiresAt: new Date(exp * 1000).toISOString() };
    },
    async verify(token) {
      const known = remembered.get(token);
      if (known) {
        if (known.expiresAt.getTime() > Date.now()) return known;
        remembered.delete(token);
        throw expired();
      }
      if (token.length > maxTokenLength) throw refused();
      const verified = claimsOf(await check(token));
      remembered.set(token, verified);
      return verified;
    },
  };

  async function check(token: string): Promise<JWTPayload> {
    try {
      const { payload } = await jwtVerify(
        token,
        ({ kid }) => {
          const key = kid && byKid.get(kid);
          if (!key) throw refused();
          return key;
        },
        {
          algorithms: [algorithm], // never the header's choice (RFC 8725 §3.1)
          typ: type,
          issuer: config.publicUrl,
          audience,
          requiredClaims: ["sub", "sid", "jti", "iat", "exp"],
        },
      );
      return payload;
    } catch (error) {
      throw error instanceof errors.JWTExpired ? expired() : refused(error);
    }
  }
}

const refused = (cause?: unknown) => new AppError("auth.invalid", "This access token does not hold.", {}, { cause });
const expired = () => new AppError("auth.expired", "This access token has expired; refresh it.");

function claimsOf({ sub, sid, jti, exp, scope }: JWTPayload): TokenClaims {
  if (typeof sub !== "string" || typeof sid !== "string" || typeof jti !== "string") throw refused();
  if (typeof exp !== "number" || (scope !== undefined && typeof scope !== "string")) throw refused();
  const scopes = typeof scope === "string" ? scope.split(" ").filter(Boolean) : null;
  return { userId: sub, sessionId: sid, tokenId: jti, scopes, expiresAt: new Date(exp * 1000) };
}

function readKey(setting: string, read: () => KeyObject): KeyObject {
  let key: KeyObject;
  try {
    key = read();
  } catch (cause) {
    throw new Error(`${setting} holds a key that cannot be read`, { cause });
  }
  if (key.asymmetricKeyType !== "ed25519") throw new Error(`${setting} holds a key that is not Ed25519`);
  return key;
}

async function publish(key: KeyObject): Promise<{ key: KeyObject; jwk: JWK & { kid: string } }> {
  const { kty, crv, x } = await exportJWK(key);
  const jwk = { kty, crv, x } as JWK;
  return { key, jwk: { ...jwk, kid: await calculateJwkThumbprint(jwk), use: "sig", alg: algorithm } };
}
