import { TOTP } from "otpauth";
import { expect } from "vitest";
import { Browser } from "../testing/browser.ts";
import { codeFor, newcomer, type Site, signInAs, test } from "./sign-in.fixture.ts";

/** Somebody who signs in with an identity alone, and has a second factor. */
async function protectedBy(site: Site) {
  const somebody = newcomer();
  const { access } = await site.scene.caller(null).auth.exchange(await codeFor(site, somebody));
  const { userId, sessionId } = await site.app.tokens.verify(access);
  const caller = site.scene.caller({ userId, sessionId });
  const { secret } = await caller.totp.begin({}); // the sign-in is recent, and there is no password
  await caller.totp.confirm({ code: new TOTP({ secret }).generate() });
  await site.app.sql.query("update auth.totp set last_step = 0 where user_id = $1", [userId]); // as if time had passed
  return { somebody, userId, code: () => new TOTP({ secret }).generate() };
}

test("a browser is handed a challenge instead of a session, out of sight of servers", async ({ site }) => {
  const { somebody, userId, code } = await protectedBy(site);
  const browser = new Browser();

  const returned = await signInAs(site, somebody, browser);

  expect(returned.search).toBe("");
  const challenge = new URLSearchParams(returned.hash.slice(1)).get("challenge") ?? "";
  expect(challenge).toMatch(/^twc_/);
  expect(browser.cookies(site.url).size).toBe(0);
  const response = await fetch(`${site.url}/api/v1/auth/sign-in/complete`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ challenge, code: code() }),
  });
  expect(response.headers.getSetCookie()[0]).toMatch(/^taskwire=[a-z0-9]{40}; HttpOnly/);
  expect(await response.json()).toMatchObject({
    user: { id: userId },
    refreshToken: null,
    csrfToken: expect.any(String),
  });
});

test("a client that exchanges a code takes the second step, too", async ({ site }) => {
  const { somebody, userId, code } = await protectedBy(site);
  const anybody = site.scene.caller(null);
  const { cause } = await anybody.auth.exchange(await codeFor(site, somebody)).catch((error) => error);
  expect(cause).toMatchObject({ code: "auth.required", details: { rule: "second-factor" } });
  const tokens = await anybody.auth.completeLogin({ challenge: cause.details.challenge, code: code() });
  expect(await site.app.tokens.verify(tokens.access)).toMatchObject({ userId });
});
