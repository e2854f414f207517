import { describe, expect } from "vitest";
import { sealedWords } from "../platform/sealed-words.ts";
import { Browser } from "../testing/browser.ts";
import { codeFor, newcomer, pkce, type Site, signInAs, test } from "./sign-in.fixture.ts";

const usersOf = (site: Site, email: string) =>
  site.app.sql.query<{ id: string; passwordHash: string | null }>(
    `select id, password_hash as "passwordHash" from auth.users where email = $1`,
    [email],
  );
const identitiesOf = (site: Site, subject: string) =>
  site.app.sql.query<{ userId: string }>(`select user_id as "userId" from auth.identities where subject = $1`, [
    subject,
  ]);

/** Registers and proves the address, as somebody with a password does. */
async function account(site: Site, { email, proved }: { email: string; proved: boolean }) {
  const password = "correct horse battery";
  await site.scene.caller(null).auth.register({ email, name: "Grace", password });
  if (proved) await site.app.sql.query("update auth.users set email_verified_at = now() where email = $1", [email]);
  const { user, session } = await site.scene.caller(null).auth.signIn({ email, password });
  const actor = { userId: user.id, sessionId: session.id };
  return { user, actor, caller: site.scene.caller(actor) };
}

const failureOf = ({ searchParams }: URL) => ({ error: searchParams.get("error"), reason: searchParams.get("reason") });

describe("a browser that signs in at a provider", () => {
  test("opens an account with the proved address, and has a session by cookie", async ({ site }) => {
    const somebody = newcomer();
    const browser = new Browser();

    const returned = await signInAs(site, somebody, browser);

    expect(returned.href).toBe(site.page);
    const me = await browser.get(`${site.url}/api/v1/auth/me`);
    const { user } = (await me.json()) as { user: { id: string } };
    expect(user).toMatchObject({
      email: somebody.email,
      name: somebody.name,
      hasPassword: false,
      emailVerifiedAt: expect.any(String),
    });
    expect(await site.scene.changes(`user:${user.id}`)).toMatchObject([
      { type: "user.registered", actorId: user.id, patch: user },
      { type: "identity.linked", actorId: user.id, patch: { provider: "acme", email: somebody.email } },
      { type: "session.started", actorId: user.id },
    ]);
    expect(browser.cookies(site.url).has("taskwire-sign-in")).toBe(false);
  });

  test("comes back to the same account, also with another address", async ({ site }) => {
    const somebody = newcomer();
    await signInAs(site, somebody);

    await signInAs(site, { ...somebody, email: `new-${somebody.email}`, email_verified: false });

    expect(await usersOf(site, somebody.email)).toHaveLength(1);
    expect(await usersOf(site, `new-${somebody.email}`)).toEqual([]);
    const [identity, ...others] = await identitiesOf(site, somebody.sub);
    expect(others).toEqual([]);
    const changes = await site.scene.changes(`user:${identity!.userId}`);
    expect(changes.filter(({ type }) => type === "session.started")).toHaveLength(2);
  });

  test("joins the account of its address when both sides have proved it", async ({ site }) => {
    const somebody = newcomer();
    const { user, actor } = await account(site, { email: somebody.email, proved: true });

    const returned = await site.scene.expectLaw([[`user:${user.id}`, actor]], () => signInAs(site, somebody));

    expect(returned.href).toBe(site.page);
    expect(await identitiesOf(site, somebody.sub)).toEqual([{ userId: user.id }]);
  });

  test.for([
    ["the account's owner has not proved the address", true, "conflict", "account-exists"],
    ["the provider does not vouch for the address", false, "access.denied", "email-unverified"],
  ] as const)("joins no account when %s", async ([, vouched, error, reason], { site }) => {
    const somebody = newcomer({ email_verified: vouched });
    const { user } = await account(site, { email: somebody.email, proved: !vouched });
    const head = await site.scene.head(`user:${user.id}`);
    const browser = new Browser();

    const returned = await signInAs(site, somebody, browser);

    expect(failureOf(returned)).toEqual({ error, reason });
    expect(await identitiesOf(site, somebody.sub)).toEqual([]);
    expect(await site.scene.head(`user:${user.id}`)).toBe(head);
    expect(browser.cookies(site.url).size).toBe(0);
  });

  test("opens no account with an address that the provider does not vouch for", async ({ site }) => {
    const somebody = newcomer({ email_verified: false });
    expect(failureOf(await signInAs(site, somebody))).toEqual({ error: "access.denied", reason: "email-unverified" });
    expect(await usersOf(site, somebody.email)).toEqual([]);
  });

  test("is told when the person declines", async ({ site }) => {
    expect(failureOf(await signInAs(site, null))).toEqual({ error: "access.denied", reason: "denied" });
  });

  test("is refused when the account is disabled", async ({ site }) => {
    const somebody = newcomer();
    await signInAs(site, somebody);
    await site.app.sql.query("update auth.users set disabled_at = now() where email = $1", [somebody.email]);
    expect(failureOf(await signInAs(site, somebody))).toMatchObject({ error: "auth.invalid" });
  });

  test("of ten at once for one person opens one account", async ({ site }) => {
    const somebody = newcomer();
    const pages = await Promise.all(Array.from({ length: 10 }, () => signInAs(site, somebody)));
    expect(pages.filter(({ search }) => search === "").length).toBeGreaterThan(0);
    for (const page of pages) expect([null, "conflict"]).toContain(page.searchParams.get("error"));
    expect(await usersOf(site, somebody.email)).toHaveLength(1);
    expect(await identitiesOf(site, somebody.sub)).toHaveLength(1);
  });
});

describe("an answer of the provider", () => {
  /** A sign-in up to the provider's answer, which is not followed. */
  async function answered(site: Site, browser: Browser, tamper = (url: URL) => url) {
    site.issuer.somebody = newcomer();
    const start = await browser.get(`${site.url}/auth/acme/start?return_to=${encodeURIComponent(site.page)}`);
    const authorization = tamper(new URL(start.headers.get("location") as string));
    return browser.follow(authorization.href, `${site.url}/auth/acme/callback`);
  }

  test("is taken once", async ({ site }) => {
    const browser = new Browser();
    const callback = await answered(site, browser);
    const flow = browser.cookies(site.url).get("taskwire-sign-in") as string;
    await browser.follow(callback.href, site.page);

    const again = await browser.get(callback.href);
    expect([again.status, await again.json()]).toMatchObject([401, { error: "auth.invalid" }]);

    browser.setCookie(site.url, "taskwire-sign-in", flow); // somebody who kept the cookie, too
    expect(failureOf(await browser.follow(callback.href, site.page))).toEqual({
      error: "auth.invalid",
      reason: "code",
    });
  });

  test.for([
    ["with a changed state", (url: URL) => url.searchParams.set("state", "another")],
    ["without a state", (url: URL) => url.searchParams.delete("state")],
    ["at another provider's address", (url: URL) => Object.assign(url, { pathname: "/auth/github/callback" })],
  ] as const)("%s is refused, and nobody is signed in", async ([, change], { site }) => {
    const browser = new Browser();
    const callback = await answered(site, browser);
    change(callback);
    const response = await browser.get(callback.href);
    expect([401, 404]).toContain(response.status);
    expect(browser.cookies(site.url).has("taskwire")).toBe(false);
  });

  test("is refused in a browser that did not begin the sign-in, and in one that began another", async ({ site }) => {
    const callback = await answered(site, new Browser());
    const victim = new Browser();
    expect((await victim.get(callback.href)).status).toBe(401);
    await answered(site, victim);
    expect((await victim.get(callback.href)).status).toBe(401);
    expect(victim.cookies(site.url).has("taskwire")).toBe(false);
  });

  test("that comes too late is refused", async ({ site }) => {
    const browser = new Browser();
    const callback = await answered(site, browser);
    const flows = sealedWords<Record<string, unknown>>(site.app.config, "sign-in-flow");
    const flow = await flows.open(browser.cookies(site.url).get("taskwire-sign-in") as string);
    const late = await flows.seal(flow as Record<string, unknown>, new Date(Date.now() - 1_000));
    browser.setCookie(site.url, "taskwire-sign-in", late);
    expect((await browser.get(callback.href)).status).toBe(401);
  });

  test.for([
    ["nonce", (url: URL) => url.searchParams.set("nonce", "another"), "nonce"],
    ["challenge", (url: URL) => url.searchParams.set("code_challenge", pkce.challenge), "code"],
  ] as const)("to a request with another %s is refused", async ([, change, reason], { site }) => {
    const browser = new Browser();
    const callback = await answered(site, browser, (url) => {
      change(url);
      return url;
    });
    expect(failureOf(await browser.follow(callback.href, site.page))).toEqual({ error: "auth.invalid", reason });
  });

  test("with another issuer is refused (RFC 9207)", async ({ site }) => {
    const browser = new Browser();
    const callback = await answered(site, browser);
    callback.searchParams.set("iss", "https://evil.example");
    expect(failureOf(await browser.follow(callback.href, site.page))).toMatchObject({ reason: "issuer" });
  });
});

describe("where a sign-in returns to", () => {
  test.for([
    "https://evil.example/",
    "https://app.example.test.evil.example/",
    "https://app.example.test@evil.example/",
    "http://app.example.test/",
    "//evil.example/",
    "/\\evil.example/",
    "\\\\evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "com.example.tasks:/elsewhere",
    "https://user:secret@app.example.test/",
    "https://app.example.test:444/",
  ])("must be allowed: %s is not", async (given, { site }) => {
    const response = await fetch(`${site.url}/auth/acme/start?return_to=${encodeURIComponent(given)}`, {
      redirect: "manual",
    });
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { error: "validation.failed", details: { issues: [{ path: ["return_to"] }] } },
    ]);
  });

  test.for([
    ["/", (url: string) => `${url}/`],
    ["/boards?open=1", (url: string) => `${url}/boards?open=1`],
    ["com.example.tasks:/signed-in", () => "com.example.tasks:/signed-in"],
  ] as const)("may be %s", async ([given, expected], { site }) => {
    site.issuer.somebody = newcomer();
    const target = expected(site.url);
    const start = `${site.url}/auth/acme/start?return_to=${encodeURIComponent(given)}`;
    expect((await new Browser().follow(start, (url) => url === target)).href).toBe(target);
  });

  test.for([
    ["mode=code", "code_challenge"],
    ["mode=code&code_challenge=short", "code_challenge"],
    [`code_challenge=${pkce.challenge}`, "code_challenge"],
    ["mode=token", "mode"],
    ["role=owner", ""],
  ] as const)("a sign-in cannot begin with %s", async ([query, path], { site }) => {
    const response = await fetch(`${site.url}/auth/acme/start?${query}`, { redirect: "manual" });
    const { details } = (await response.json()) as { details: { issues: { path: string[] }[] } };
    expect([response.status, details.issues[0]?.path[0]]).toEqual([400, path]);
  });
});

describe("a client that takes a code", () => {
  test("exchanges it for two tokens, once", async ({ site }) => {
    const somebody = newcomer();
    const input = await codeFor(site, somebody);

    const tokens = await site.scene.caller(null).auth.exchange(input);

    expect(Object.keys(tokens)).toEqual(["access", "refresh"]);
    const [user] = await usersOf(site, somebody.email);
    expect(await site.app.tokens.verify(tokens.access)).toMatchObject({ userId: user!.id });
    await expect(site.scene.caller(null).auth.exchange(input)).rejects.toMatchObject({
      cause: { code: "auth.invalid" },
    });
  });

  test("cannot exchange it with another verifier, and nobody can afterwards", async ({ site }) => {
    const input = await codeFor(site, newcomer());
    for (const codeVerifier of ["w".repeat(50), input.codeVerifier]) {
      await expect(site.scene.caller(null).auth.exchange({ ...input, codeVerifier })).rejects.toMatchObject({
        cause: { code: "auth.invalid" },
      });
    }
  });

  test("cannot exchange one that has expired", async ({ site }) => {
    const input = await codeFor(site, newcomer());
    await site.app.sql.query("update auth.exchange_codes set expires_at = now()");
    await expect(site.scene.caller(null).auth.exchange(input)).rejects.toMatchObject({
      cause: { code: "auth.invalid" },
    });
  });

  test("works over REST, and the list of providers says where to begin", async ({ site }) => {
    const listed = await fetch(`${site.url}/api/v1/auth/providers`);
    expect(await listed.json()).toEqual({
      items: [{ provider: "acme", label: "Acme", startUrl: `${site.url}/auth/acme/start` }],
    });
    const response = await fetch(`${site.url}/api/v1/auth/exchange/`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(await codeFor(site, newcomer())),
    });
    expect([response.status, await response.json()]).toEqual([
      200,
      { access: expect.any(String), refresh: expect.any(String) },
    ]);
  });
});
