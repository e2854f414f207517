import { createHmac, createPublicKey, generateKeyPairSync, type KeyObject, randomUUID } from "node:crypto";
import { createLocalJWKSet, decodeProtectedHeader, type JWTPayload, jwtVerify, SignJWT } from "jose";
import { describe, expect, test, vi } from "vitest";
import { readConfig } from "../config.ts";
import { audience, createTokens } from "./tokens.ts";

const pem = (key: KeyObject) => key.export({ type: "pkcs8", format: "pem" }).toString();
const own = generateKeyPairSync("ed25519");
const configOf = (env: Record<string, string> = {}) =>
  readConfig({ NODE_ENV: "test", JWT_PRIVATE_KEY: pem(own.privateKey).replaceAll("\n", "\\n"), ...env });

const tokens = await createTokens(configOf());
const kid = tokens.jwks.keys[0]!.kid!;
const subject = { userId: randomUUID(), sessionId: randomUUID() };
const issuer = "http://localhost:4000";

interface Forged {
  key?: KeyObject | Uint8Array;
  header?: Record<string, unknown>;
  claims?: Record<string, unknown>;
}

/** A token that is ours but for what is named. */
function forge({ key = own.privateKey, header = {}, claims = {} }: Forged): Promise<string> {
  const iat = Math.floor(Date.now() / 1000);
  const payload = {
    iss: issuer,
    aud: audience,
    sub: subject.userId,
    sid: subject.sessionId,
    jti: "1",
    iat,
    exp: iat + 60,
  };
  const all = Object.entries({ ...payload, ...claims }).filter(([, value]) => value !== undefined);
  return new SignJWT(Object.fromEntries(all) as JWTPayload)
    .setProtectedHeader({ alg: "EdDSA", typ: "at+jwt", kid, ...header })
    .sign(key);
}

describe("an access token", () => {
  test("names its subject, and anybody can check it with the published keys", async () => {
    const issuedAt = new Date();
    const { token, expiresAt } = await tokens.mint(subject, "an-id", issuedAt);

    expect(await tokens.verify(token)).toEqual({
      ...subject,
      tokenId: "an-id",
      scopes: null,
      expiresAt: new Date(expiresAt),
    });
    const keys = createLocalJWKSet({ keys: [...tokens.jwks.keys] });
    const { payload, protectedHeader } = await jwtVerify(token, keys, { issuer, audience });
    expect(payload).toMatchObject({ sub: subject.userId, sid: subject.sessionId, jti: "an-id" });
    expect(payload.exp! - payload.iat!).toBe(600);
    expect(protectedHeader).toEqual({ alg: "EdDSA", typ: "at+jwt", kid });
    expect(JSON.stringify(tokens.jwks)).not.toContain('"d"');
  });

  test("is the same for the same arguments", async () => {
    const issuedAt = new Date();
    expect(await tokens.mint(subject, "same", issuedAt)).toEqual(await tokens.mint(subject, "same", issuedAt));
  });

  test("that is known is checked without its signature, until it expires", async () => {
    const { token } = await tokens.mint(subject, "known", new Date());
    await tokens.verify(token);
    const started = performance.now();
    for (let turn = 0; turn < 10_000; turn++) await tokens.verify(token);
    expect((performance.now() - started) / 10_000).toBeLessThan(0.02); // milliseconds; a signature takes ten times that

    vi.useFakeTimers({ now: Date.now() + 601_000, toFake: ["Date"] });
    try {
      await expect(tokens.verify(token)).rejects.toMatchObject({ code: "auth.expired" });
    } finally {
      vi.useRealTimers();
    }
  });

  const foreign = generateKeyPairSync("ed25519");
  const publicBytes = own.publicKey.export({ type: "spki", format: "der" });
  const publicX = Buffer.from(own.publicKey.export({ format: "jwk" }).x!, "base64url");
  const past = Math.floor(Date.now() / 1000) - 10;
  const unsigned =
    (header: object, signature = "") =>
    async () => {
      const [, payload] = (await forge({})).split(".");
      return `${Buffer.from(JSON.stringify(header)).toString("base64url")}.${payload}.${signature}`;
    };
  const hmac = (secret: Buffer | string) => async () => {
    const head = (await unsigned({ alg: "HS256", typ: "at+jwt", kid })()).slice(0, -1);
    return `${head}.${createHmac("sha256", secret).update(head).digest("base64url")}`;
  };

  test.for([
    ["alg none", unsigned({ alg: "none", typ: "at+jwt", kid }), "auth.invalid"],
    ["alg NONE with a signature", unsigned({ alg: "NONE", typ: "at+jwt", kid }, "AAAA"), "auth.invalid"],
    ["HS256 with the public key (DER)", hmac(publicBytes), "auth.invalid"],
    ["HS256 with the public key (raw)", hmac(publicX), "auth.invalid"],
    ["HS256 with the public key (PEM)", hmac(own.publicKey.export({ type: "spki", format: "pem" })), "auth.invalid"],
    ["a foreign key under our kid", () => forge({ key: foreign.privateKey }), "auth.invalid"],
    ["an unknown kid", () => forge({ header: { kid: "other" } }), "auth.invalid"],
    ["no kid", () => forge({ header: { kid: undefined } }), "auth.invalid"],
    [
      "its own key in the header",
      () => forge({ key: foreign.privateKey, header: { jwk: foreign.publicKey.export({ format: "jwk" }) } }),
      "auth.invalid",
    ],
    ["another audience", () => forge({ claims: { aud: "somebody-else" } }), "auth.invalid"],
    ["another issuer", () => forge({ claims: { iss: "https://evil.example" } }), "auth.invalid"],
    ["typ JWT", () => forge({ header: { typ: "JWT" } }), "auth.invalid"],
    ["no typ", () => forge({ header: { typ: undefined } }), "auth.invalid"],
    ["no session", () => forge({ claims: { sid: undefined } }), "auth.invalid"],
    ["a session that is no text", () => forge({ claims: { sid: { $ne: "" } } }), "auth.invalid"],
    ["no subject", () => forge({ claims: { sub: undefined } }), "auth.invalid"],
    ["no end", () => forge({ claims: { exp: undefined } }), "auth.invalid"],
    ["no id", () => forge({ claims: { jti: undefined } }), "auth.invalid"],
    ["an end in the past", () => forge({ claims: { exp: past } }), "auth.expired"],
    ["a beginning in the future", () => forge({ claims: { nbf: past + 3_600 } }), "auth.invalid"],
    ["another payload", async () => (await forge({})).replace(/\.[^.]+\./, ".e30."), "auth.invalid"],
    ["nothing at all", async () => "", "auth.invalid"],
    ["too much", async () => `${await forge({})}${"A".repeat(4_096)}`, "auth.invalid"],
  ] as [string, () => Promise<string>, string][])("with %s is refused", async ([, make, code]) => {
    const token = await make();
    await expect(tokens.verify(token)).rejects.toMatchObject({ code });
    await expect(tokens.verify(token)).rejects.toMatchObject({ code }); // also the second time
  });

  test("would hold if nothing were wrong with it", async () => {
    expect(await tokens.verify(await forge({}))).toMatchObject(subject);
  });
});

describe("a rotation", () => {
  const next = generateKeyPairSync("ed25519");
  const previous = own.publicKey.export({ type: "spki", format: "der" }).toString("base64");

  test("signs with the new key, and accepts the previous one while it is configured", async () => {
    const rotated = await createTokens(
      configOf({ JWT_PRIVATE_KEY: pem(next.privateKey), JWT_PREVIOUS_PUBLIC_KEYS: previous }),
    );
    const afterwards = await createTokens(configOf({ JWT_PRIVATE_KEY: pem(next.privateKey) }));
    const { token: old } = await tokens.mint(subject, "old", new Date());
    const { token } = await rotated.mint(subject, "new", new Date());

    expect(rotated.jwks.keys).toHaveLength(2);
    expect(decodeProtectedHeader(token).kid).not.toBe(kid);
    expect(await rotated.verify(old)).toMatchObject(subject);
    expect(await afterwards.verify(token)).toMatchObject(subject);
    await expect(afterwards.verify(old)).rejects.toMatchObject({ code: "auth.invalid" });
  });

  test.for([
    ["JWT_PRIVATE_KEY", { JWT_PRIVATE_KEY: "no key" }],
    ["JWT_PRIVATE_KEY", { JWT_PRIVATE_KEY: pem(generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey) }],
    ["JWT_PREVIOUS_PUBLIC_KEYS", { JWT_PREVIOUS_PUBLIC_KEYS: "bm8ga2V5" }],
    [
      "JWT_PREVIOUS_PUBLIC_KEYS",
      {
        JWT_PREVIOUS_PUBLIC_KEYS: createPublicKey(generateKeyPairSync("x25519").privateKey)
          .export({ type: "spki", format: "der" })
          .toString("base64"),
      },
    ],
  ] as [string, Record<string, string>][])("with a wrong %s the process does not start", async ([setting, env]) => {
    await expect(createTokens(configOf(env))).rejects.toThrow(setting);
  });
});
