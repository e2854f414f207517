import { createHmac, createPublicKey, generateKeyPairSync, randomUUID } from "node:crypto";
import { decodeJwt, SignJWT, UnsecuredJWT } from "jose";
import { describe, expect, onTestFinished } from "vitest";
import { audience } from "../platform/tokens.ts";
import { Browser } from "../testing/browser.ts";
import { tokenTo } from "../testing/letters.ts";
import { codeFor, newcomer, openSite, type Site, signInAs, test } from "./sign-in.fixture.ts";

/*
 * What is tried against sign-in and tokens, over HTTP. Each attack has the answer it must get; what it must not do, the
 * tests look up. Tokens alone are attacked in server/platform/tokens.test.ts, providers in
 * server/platform/identity/oidc.test.ts, return addresses in sign-in.test.ts.
 */

const password = "correct horse battery";
interface Answer {
  status: number;
  body: { error?: string; [field: string]: unknown };
  headers: Headers;
}

async function send(url: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url, { redirect: "manual", ...init });
  const text = await response.text();
  return { status: response.status, body: text ? JSON.parse(text) : {}, headers: response.headers };
}
const post = (site: Site, path: string, body: unknown, headers: Record<string, string> = {}) =>
  send(`${site.url}/api/v1${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
const whoIs = (site: Site, token: string) =>
  send(`${site.url}/api/v1/auth/me`, { headers: { authorization: `Bearer ${token}` } });

async function victim(site: Site) {
  const email = `${randomUUID()}@example.test`;
  await post(site, "/auth/register", { email, name: "Ada", password });
  const { body } = await post(site, "/auth/login/", { username: email, password });
  const { access, refresh } = body as unknown as { access: string; refresh: string };
  return { email, access, refresh, ...(await site.app.tokens.verify(access)) };
}
type Victim = Awaited<ReturnType<typeof victim>>;

/** Somebody signed in by cookie, as their browser sends it. */
async function visitor(site: Site) {
  const { email } = await victim(site);
  const { headers, body } = await post(site, "/auth/sign-in", { email, password, cookie: true });
  const cookie = headers.getSetCookie()[0]?.split(";")[0] ?? "";
  return { email, cookie, csrfToken: body["csrfToken"] as string };
}

describe("a forged access token", () => {
  const { privateKey } = generateKeyPairSync("ed25519");
  const claimsOf = ({ access }: Victim) => decodeJwt(access);
  const kidOf = (site: Site) => site.app.tokens.jwks.keys[0]!.kid as string;
  const publicPem = (site: Site) =>
    createPublicKey({ key: site.app.tokens.jwks.keys[0] as never, format: "jwk" }).export({
      type: "spki",
      format: "pem",
    });
  const signed = (site: Site, claims: object, header: object = {}) =>
    new SignJWT({ ...claims })
      .setProtectedHeader({ alg: "EdDSA", typ: "at+jwt", kid: kidOf(site), ...header })
      .sign(privateKey);
  const hs256 = (site: Site, claims: object, secret: string | Buffer) => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const head = `${part({ alg: "HS256", typ: "at+jwt", kid: kidOf(site) })}.${part(claims)}`;
    return `${head}.${createHmac("sha256", secret).update(head).digest("base64url")}`;
  };

  test.for([
    ["without a signature", (_, v) => new UnsecuredJWT(claimsOf(v)).encode()],
    ["signed as HMAC with the public key", (site, v) => hs256(site, claimsOf(v), publicPem(site))],
    ["signed as HMAC with the kid", (site, v) => hs256(site, claimsOf(v), kidOf(site))],
    ["of a foreign key under our kid", (site, v) => signed(site, claimsOf(v))],
    ["whose kid is a path", (site, v) => signed(site, claimsOf(v), { kid: "../../../../dev/null" })],
    ["whose kid is a statement", (site, v) => signed(site, claimsOf(v), { kid: "' or '1'='1" })],
    ["whose kid names a property", (site, v) => signed(site, claimsOf(v), { kid: "__proto__" })],
    ["that brings its key", (site, v) => signed(site, claimsOf(v), { jku: "https://evil.example/keys" })],
    ["for another audience", (site, v) => signed(site, { ...claimsOf(v), aud: "elsewhere" })],
    ["of another issuer", (site, v) => signed(site, { ...claimsOf(v), iss: "https://evil.example" })],
    ["with another person in it", (site, v) => v.access.replace(/\.[^.]+\./, `.${claimsFor(site, v)}.`)],
    ["that is a refresh token", (_, v) => v.refresh],
    ["that is a link of a letter", (site, v) => tokenTo(site.scene, v.email, "verify-email")],
    ["that is the user's id", (_, v) => v.userId],
    ["two at once", (_, v) => `${v.access} ${v.access}`],
  ] satisfies [string, (site: Site, victim: Victim) => string | Promise<string>][])(
    "%s is refused",
    async ([, forge], { site }) => {
      const target = await victim(site);
      expect(await whoIs(site, target.access)).toMatchObject({ status: 200 }); // the real one holds
      expect(await whoIs(site, await forge(site, target))).toMatchObject({
        status: 401,
        body: { error: "auth.invalid" },
      });
    },
  );

  const claimsFor = (_: Site, v: Victim) =>
    Buffer.from(JSON.stringify({ ...claimsOf(v), sub: randomUUID(), aud: audience })).toString("base64url");

  test("is not taken from the address, a form or a cookie", async ({ site }) => {
    const { access } = await victim(site);
    const inQuery = await send(`${site.url}/api/v1/auth/me?access_token=${access}`);
    expect([400, 401]).toContain(inQuery.status);
    const inCookie = await send(`${site.url}/api/v1/auth/me`, { headers: { cookie: `taskwire=${access}` } });
    expect(inCookie).toMatchObject({ status: 401 });
  });
});

describe("a replay", () => {
  test("of a refresh token ends the session for both", async ({ site }) => {
    const { refresh } = await victim(site);
    const first = await post(site, "/auth/refresh", { refreshToken: refresh });
    await post(site, "/auth/refresh", { refreshToken: first.body["refreshToken"] });
    const replayed = await post(site, "/auth/refresh", { refreshToken: refresh });
    expect(replayed).toMatchObject({ status: 401, body: { error: "auth.reused" } });
    expect(await whoIs(site, first.body["accessToken"] as string)).toMatchObject({ status: 401 });
  });

  test.for([
    ["a code of a sign-in", "/auth/exchange", (site: Site) => codeFor(site, newcomer()), { error: "auth.invalid" }],
    [
      "a link of a letter with another password",
      "/auth/reset-password",
      async (site: Site) => {
        const { email } = await victim(site);
        await post(site, "/auth/request-password-reset", { email });
        let turn = 0;
        const token = await tokenTo(site.scene, email, "reset-password");
        return { token, toJSON: () => ({ token, newPassword: `a password of turn ${turn++}` }) };
      },
      { error: "auth.invalid" },
    ],
  ] as const)("of %s is refused", async ([, path, make, refused], { site }) => {
    const body = await make(site);
    expect(await post(site, path, body)).toMatchObject({ status: 200 });
    expect(await post(site, path, body)).toMatchObject({ status: 401, body: refused });
  });
});

describe("session fixation", () => {
  test("a cookie that was planted before a sign-in is not the session afterwards", async ({ site }) => {
    const { email } = await victim(site);
    const planted = "taskwire=0123456789012345678901234567890123456789";
    const { status, headers } = await post(
      site,
      "/auth/sign-in",
      { email, password, cookie: true },
      { cookie: planted },
    );
    const given = headers.getSetCookie()[0]?.split(";")[0];
    expect([status, given === planted]).toEqual([200, false]);
    expect(await send(`${site.url}/api/v1/auth/me`, { headers: { cookie: planted } })).toMatchObject({ status: 401 });
  });

  test("a sign-in elsewhere starts a session of its own, whoever was signed in before", async ({ site }) => {
    const browser = new Browser();
    const { cookie } = await visitor(site);
    const [name = "", before = ""] = cookie.split("=");
    browser.setCookie(site.url, name, before);
    await signInAs(site, newcomer(), browser);
    expect(browser.cookies(site.url).get(name)).not.toBe(before);
    expect(await send(`${site.url}/api/v1/auth/me`, { headers: { cookie } })).toMatchObject({ status: 200 });
  });

  test("a flow that an attacker began does not go on in the victim's browser", async ({ site }) => {
    const attacker = new Browser();
    site.issuer.somebody = newcomer();
    const callback = await attacker.follow(`${site.url}/auth/acme/start`, `${site.url}/auth/acme/callback`);
    const { cookie } = await visitor(site);
    expect(await send(callback.href, { headers: { cookie } })).toMatchObject({
      status: 401,
      body: { error: "auth.invalid" },
    });
  });
});

describe("a request across sites", () => {
  const own = (site: Site) => ({ origin: site.url });
  test.for([
    ["from another site", (_: Site, csrf: string) => ({ origin: "https://evil.example", "x-csrf-token": csrf }), 403],
    ["without an origin", (_: Site, csrf: string) => ({ "x-csrf-token": csrf }), 403],
    ["from our page without the token", (site: Site) => own(site), 403],
    ["as a form", (site: Site) => ({ ...own(site), "content-type": "application/x-www-form-urlencoded" }), 415],
    ["as plain text", (site: Site) => ({ ...own(site), "content-type": "text/plain" }), 415],
    ["as multipart", (site: Site) => ({ ...own(site), "content-type": "multipart/form-data; boundary=x" }), 415],
  ] as [string, (site: Site, csrf: string) => Record<string, string>, number][])(
    "%s changes nothing",
    async ([, headersOf, status], { site }) => {
      const { cookie, csrfToken } = await visitor(site);
      const headers = { cookie, ...headersOf(site, csrfToken) };
      expect(await post(site, "/auth/sign-out", {}, headers)).toMatchObject({ status });
      expect(await send(`${site.url}/api/v1/auth/me`, { headers: { cookie } })).toMatchObject({ status: 200 });
      const good = { cookie, ...own(site), "x-csrf-token": csrfToken };
      expect(await post(site, "/auth/sign-out", {}, good)).toMatchObject({ status: 200 });
    },
  );

  test.for(["GET", "HEAD"])("by %s reaches no mutation", async (method, { site }) => {
    const { cookie } = await visitor(site);
    const headers = { cookie, origin: site.url };
    for (const path of ["/api/v1/auth/sign-out", "/api/v1/auth/sign-out-everywhere", "/trpc/auth.signOut"]) {
      const response = await fetch(`${site.url}${path}`, { method, headers });
      expect([404, 405]).toContain(response.status);
    }
    expect(await send(`${site.url}/api/v1/auth/me`, { headers: { cookie } })).toMatchObject({ status: 200 });
  });

  test("may not read the answer", async ({ site }) => {
    const { cookie } = await visitor(site);
    const { headers } = await send(`${site.url}/api/v1/auth/csrf`, {
      headers: { cookie, origin: "https://evil.example" },
    });
    expect(headers.get("access-control-allow-origin")).toBeNull();
    expect(headers.get("access-control-allow-credentials")).toBeNull();
  });
});

test("a forged Host does not change where a provider returns to", async ({ site }) => {
  for (const headers of [{ "x-forwarded-host": "evil.example" }, { forwarded: "host=evil.example" }] as const) {
    const start = await send(`${site.url}/auth/acme/start`, { headers: headers as unknown as Record<string, string> });
    const location = new URL(start.headers.get("location") as string);
    expect(location.searchParams.get("redirect_uri")).toBe(`${site.url}/auth/acme/callback`);
  }
});

describe("whether an address has an account", () => {
  test.for([
    ["registering", "/auth/register", (email: string) => ({ email, name: "Eve", password: "one more of many" })],
    ["signing in", "/auth/sign-in", (email: string) => ({ email, password: "not the password" })],
    ["logging in", "/auth/login", (username: string) => ({ username, password: "not the password" })],
    ["forgetting the password", "/auth/request-password-reset", (email: string) => ({ email })],
    ["asking for the link again", "/auth/resend-verification", (email: string) => ({ email })],
  ] as const)("does not show when %s", async ([, path, bodyOf], { site }) => {
    const { email } = await victim(site);
    const shown = async (address: string) => {
      const { status, body, headers } = await post(site, path, bodyOf(address));
      const names = [...headers.keys()].filter((name) => name !== "date");
      return { status, body, names };
    };
    const known = await shown(email);
    expect(known).toEqual(await shown(`${randomUUID()}@example.test`));
    expect(JSON.stringify(known.body)).not.toContain(email);
  });
});

describe("brute force", () => {
  async function limited(): Promise<Site> {
    const site = await openSite({ AUTH_LIMIT_PER_MINUTE: "3" });
    onTestFinished(() => site.close());
    return site;
  }

  test("is stopped, also by somebody who claims to come from elsewhere each time", async () => {
    const site = await limited();
    const { email } = await victim(site);
    const guess = (n: number) =>
      post(site, "/auth/login/", { username: email, password: `guess ${n}` }, { "x-forwarded-for": `203.0.113.${n}` });
    const statuses = [];
    for (let n = 0; n < 6; n += 1) statuses.push((await guess(n)).status);
    expect(statuses).toEqual([401, 401, 401, 429, 429, 429]);
    const { headers } = await guess(7);
    expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
  });

  test("of one password with many accounts is stopped per address", async () => {
    const site = await limited();
    const statuses = [];
    for (let n = 0; n < 32; n += 1)
      statuses.push((await post(site, "/auth/login/", { username: `a${n}@example.test`, password })).status);
    expect(statuses.filter((status) => status === 401)).toHaveLength(30);
    expect(statuses.slice(-2)).toEqual([429, 429]);
  });

  test("of codes and links is stopped", async () => {
    const site = await limited();
    const tries = async (path: string, body: object) => {
      const statuses = [];
      for (let n = 0; n < 31; n += 1) statuses.push((await post(site, path, body)).status);
      return statuses.at(-1);
    };
    expect(await tries("/auth/exchange", { code: "twx_guess", codeVerifier: "v".repeat(43) })).toBe(429);
    expect(await tries("/auth/reset-password", { token: "twm_guess", newPassword: "one more of many" })).toBe(429);
    expect(await tries("/auth/sign-in/complete", { challenge: "twc_guess", code: "000000" })).toBe(429);
  });
});

describe("fields that are not the caller's to set", () => {
  const extra = {
    id: randomUUID(),
    kind: "service",
    emailVerifiedAt: "2026-01-01T00:00:00.000Z",
    passwordHash: "x",
    twoFactorSince: null,
    disabledAt: null,
    role: "owner",
  };

  test.for(Object.entries(extra))("are refused: %s", async ([field, value], { site }) => {
    const { email, access } = await victim(site);
    const authorization = { authorization: `Bearer ${access}` };
    const before = await whoIs(site, access);
    const registration = { email: `${randomUUID()}@example.test`, name: "Eve", password, [field]: value };
    expect(await post(site, "/auth/register", registration)).toMatchObject({ status: 400 });
    expect(await post(site, "/auth/sign-in", { email, password, [field]: value })).toMatchObject({ status: 400 });
    const patched = await send(`${site.url}/api/v1/users/me`, {
      method: "PATCH",
      headers: { "content-type": "application/json", ...authorization },
      body: JSON.stringify({ name: "Eve", [field]: value }),
    });
    expect(patched).toMatchObject({ status: 400, body: { error: "validation.failed" } });
    expect((await whoIs(site, access)).body).toEqual(before.body);
    expect(await site.app.sql.query("select from auth.users where email = $1", [registration.email])).toEqual([]);
  });

  test.for([
    ['{"username":{"$ne":""},"password":{"$ne":""}}'],
    ['{"username":["a@example.test"],"password":"x"}'],
    ['{"__proto__":{"username":"a@example.test"},"password":"x"}'],
    ['{"username":"a@example.test","password":"x","constructor":{"prototype":{"role":"owner"}}}'],
    ['{"username":"a@example.test\\u0000","password":"x"}'],
    ['{"username":null,"password":true}'],
    ["[]"],
    ["null"],
  ])("nor by another shape: %s", async ([body], { site }) => {
    expect((await post(site, "/auth/login/", body)).status).toBe(400);
    expect(({} as { role?: string }).role).toBeUndefined();
  });
});
