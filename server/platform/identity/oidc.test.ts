import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { oidcProvider } from "./oidc.ts";
import type { IdentityProvider } from "./provider.ts";

const own = await generateKeyPair("RS256", { extractable: true });
const foreign = await generateKeyPair("RS256", { extractable: true });
const publicJwk = { ...(await exportJWK(own.publicKey)), kid: "one", use: "sig", alg: "RS256" };
const request = { state: "state", nonce: "a nonce", codeVerifier: "v".repeat(43) };

/** What the issuer answers; each test changes what it is about. */
let answers: Record<string, () => unknown | Promise<unknown>>;
let issuer = "";
let provider: IdentityProvider;

const server = createServer(async (req: IncomingMessage, res: ServerResponse) => {
  const answer = answers[new URL(req.url ?? "/", "http://localhost").pathname];
  const body = await answer?.();
  res.writeHead(body === undefined ? 500 : 200, { "content-type": "application/json" });
  res.end(JSON.stringify(body ?? {}));
});
const optionsOf = () => ({
  name: "acme",
  label: "Acme",
  issuer,
  clientId: "taskwire",
  clientSecret: "secret",
  redirectUri: "http://localhost/auth/acme/callback",
  scopes: ["openid", "email"],
});

beforeAll(async () => {
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((closed) => server.close(closed)));
beforeEach(() => {
  answers = {
    "/.well-known/openid-configuration": () => ({
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/keys`,
      userinfo_endpoint: `${issuer}/me`,
    }),
    "/keys": () => ({ keys: [publicJwk] }),
    "/token": async () => ({ access_token: "access", token_type: "Bearer", id_token: await idToken() }),
  };
  provider = oidcProvider(optionsOf());
});

const now = () => Math.floor(Date.now() / 1_000);
const claims = (): JWTPayload => ({
  iss: issuer,
  aud: "taskwire",
  sub: "somebody",
  nonce: request.nonce,
  iat: now(),
  exp: now() + 60,
  email: "Somebody@Example.test",
  email_verified: true,
  name: "Somebody",
});
const without = (changed: JWTPayload) =>
  Object.fromEntries(Object.entries({ ...claims(), ...changed }).filter(([, value]) => value !== undefined));

/** A token that holds but for what is named. */
const idToken = (
  changed: JWTPayload = {},
  header: Record<string, unknown> = {},
  key: Parameters<SignJWT["sign"]>[0] = own.privateKey,
) => new SignJWT(without(changed)).setProtectedHeader({ alg: "RS256", kid: "one", ...header }).sign(key);
const identify = (iss: string | null = null) => provider.identify({ code: "code", iss }, request);
const answerToken = (make: () => Promise<unknown>) => {
  answers["/token"] = async () => ({ access_token: "access", token_type: "Bearer", id_token: await make() });
};

test("a token that holds says who it is", async () => {
  expect(await identify()).toEqual({
    provider: "acme",
    issuer,
    subject: "somebody",
    email: "somebody@example.test",
    emailVerified: true,
    name: "Somebody",
  });
});

test("the browser goes to the issuer with PKCE, state and nonce, and the exact address to return to", async () => {
  const url = await provider.authorizationUrl(request);
  expect(url.origin + url.pathname).toBe(`${issuer}/authorize`);
  expect(Object.fromEntries(url.searchParams)).toMatchObject({
    response_type: "code",
    client_id: "taskwire",
    state: "state",
    nonce: "a nonce",
    scope: "openid email",
    redirect_uri: "http://localhost/auth/acme/callback",
    code_challenge_method: "S256",
    code_challenge: expect.stringMatching(/^[\w-]{43}$/),
  });
});

describe("an identity token", () => {
  test.for([
    ["alg none", async () => new UnsecuredJWT(claims()).encode()],
    [
      "HS256 with the public key (PEM)",
      async () => idToken({}, { alg: "HS256" }, Buffer.from(await exportSPKI(own.publicKey))),
    ],
    ["HS256 with the public key (JWK)", () => idToken({}, { alg: "HS256" }, Buffer.from(JSON.stringify(publicJwk)))],
    ["HS256 with the client's secret", () => idToken({}, { alg: "HS256" }, Buffer.from("secret".padEnd(32, "\0")))],
    ["a foreign key under a known kid", () => idToken({}, {}, foreign.privateKey)],
    ["an unknown kid", () => idToken({}, { kid: "other" })],
    [
      "its own key in the header",
      async () => idToken({}, { jwk: await exportJWK(foreign.publicKey) }, foreign.privateKey),
    ],
    ["another audience", () => idToken({ aud: "somebody-else" })],
    ["several audiences and no party", () => idToken({ aud: ["taskwire", "somebody-else"] })],
    ["another authorized party", () => idToken({ azp: "somebody-else" })],
    ["another issuer", () => idToken({ iss: "https://evil.example" })],
    ["the issuer of a longer name", () => idToken({ iss: `${issuer}.evil.example` })],
    ["another nonce", () => idToken({ nonce: "another" })],
    ["no nonce", () => idToken({ nonce: undefined })],
    ["no subject", () => idToken({ sub: undefined })],
    ["an empty subject", () => idToken({ sub: "" })],
    ["an end in the past", () => idToken({ exp: now() - 120 })],
    ["no end", () => idToken({ exp: undefined })],
    ["a beginning in the future", () => idToken({ nbf: now() + 600 })],
    ["a birth long ago", () => idToken({ iat: now() - 3_600 })],
    ["nothing in it", async () => ""],
    ["a number instead", async () => 7],
    ["nothing at all", async () => undefined],
  ] as [string, () => Promise<unknown>][])("with %s is refused", async ([, make]) => {
    answerToken(make);
    await expect(identify()).rejects.toMatchObject({ code: "auth.invalid" });
  });
});

describe("an address", () => {
  test.for([
    [{ email_verified: false }, false],
    [{ email_verified: undefined }, false],
    [{ email_verified: "false" }, false],
    [{ email_verified: "true" }, true],
    [{ email_verified: undefined, xms_edov: true }, false],
  ] as [JWTPayload, boolean][])("counts as proved only where the issuer says so: %o", async ([changed, expected]) => {
    answerToken(() => idToken(changed));
    expect((await identify()).emailVerified).toBe(expected);
  });

  test("that is none counts as absent", async () => {
    answerToken(() => idToken({ email: "nobody" }));
    expect(await identify()).toMatchObject({ email: null, emailVerified: false });
  });

  test("that the token does not name is asked for", async () => {
    answerToken(() => idToken({ email: undefined, email_verified: undefined }));
    answers["/me"] = () => ({ sub: "somebody", email: "me@example.test", email_verified: true });
    expect(await identify()).toMatchObject({ email: "me@example.test", emailVerified: true });
  });

  test("of somebody else is refused", async () => {
    answerToken(() => idToken({ email: undefined }));
    answers["/me"] = () => ({ sub: "somebody-else", email: "me@example.test", email_verified: true });
    await expect(identify()).rejects.toMatchObject({ code: "auth.invalid", details: { reason: "subject" } });
  });

  test("of an issuer that is trusted counts as proved", async () => {
    provider = oidcProvider({ ...optionsOf(), trustEmail: true });
    answerToken(() => idToken({ email_verified: undefined }));
    expect((await identify()).emailVerified).toBe(true);
  });
});

describe("an issuer of many tenants", () => {
  const tenant = "0199a000-0000-7000-8000-000000000001";
  beforeEach(() => {
    const document = answers["/.well-known/openid-configuration"] as () => object;
    answers["/.well-known/openid-configuration"] = () => ({ ...document(), issuer: `${issuer}/{tenantid}/v2.0` });
    provider = oidcProvider({ ...optionsOf(), issuerIsTemplate: true, verifiedClaim: "xms_edov" });
  });

  test("is named by the token's tenant, and one of its claims proves addresses", async () => {
    answerToken(() =>
      idToken({ iss: `${issuer}/${tenant}/v2.0`, tid: tenant, email_verified: undefined, xms_edov: true }),
    );
    expect(await identify()).toMatchObject({ issuer: `${issuer}/${tenant}/v2.0`, emailVerified: true });
  });

  test.for([
    ["of another tenant", { tid: "0199a000-0000-7000-8000-000000000002" }],
    ["without a tenant", { tid: undefined }],
    ["of a tenant that is no id", { tid: `${tenant}/v2.0/../${tenant}` }],
    ["of another host", { iss: `https://evil.example/${tenant}/v2.0` }],
  ] as [string, JWTPayload][])("refuses a token %s", async ([, changed]) => {
    answerToken(() => idToken({ iss: `${issuer}/${tenant}/v2.0`, tid: tenant, ...changed }));
    await expect(identify()).rejects.toMatchObject({ code: "auth.invalid" });
  });
});

describe("an issuer that is ill", () => {
  test.for([
    ["answers no document", "/.well-known/openid-configuration", () => undefined],
    ["answers another document", "/.well-known/openid-configuration", () => ({ hello: "world" })],
    [
      "speaks for another issuer",
      "/.well-known/openid-configuration",
      () => ({
        issuer: "https://evil.example",
        authorization_endpoint: "https://evil.example/a",
        token_endpoint: "https://evil.example/t",
        jwks_uri: "https://evil.example/k",
      }),
    ],
    ["answers no token", "/token", () => undefined],
    ["answers no keys", "/keys", () => undefined],
  ] as [string, string, () => unknown][])("and %s is upstream.down", async ([, path, answer]) => {
    answers[path] = answer;
    await expect(identify()).rejects.toMatchObject({ code: "upstream.down" });
  });

  test("is asked again once it is well", async () => {
    const document = answers["/.well-known/openid-configuration"]!;
    answers["/.well-known/openid-configuration"] = () => undefined;
    await expect(identify()).rejects.toMatchObject({ code: "upstream.down" });
    answers["/.well-known/openid-configuration"] = document;
    expect(await identify()).toMatchObject({ subject: "somebody" });
  });

  test("an answer in another issuer's name is refused (RFC 9207)", async () => {
    await expect(identify("https://evil.example")).rejects.toMatchObject({ details: { reason: "issuer" } });
    expect(await identify(issuer)).toMatchObject({ subject: "somebody" });
  });
});
