import { expect } from "vitest";
import { Browser } from "../testing/browser.ts";
import { app, type GitHub, type GitHubUser, startGitHub } from "../testing/github.ts";
import { test as base } from "../testing/scene.ts";
import { openSite, type Site } from "./sign-in.fixture.ts";

// biome-ignore lint/correctness/noEmptyPattern: vitest reads the fixtures needed from the pattern
const test = base.extend("world", { scope: "file" }, async ({}, { onCleanup }) => {
  const github = await startGitHub();
  const site = await openSite({
    GITHUB_URL: github.url,
    GITHUB_CLIENT_ID: app.id,
    GITHUB_CLIENT_SECRET: app.secret,
  });
  onCleanup(async () => {
    await site.close();
    await github.close();
  });
  return { github, site };
});

let count = 0;
const octocat = (changed: Partial<GitHubUser> = {}): GitHubUser => {
  count += 1;
  const email = `octocat-${count}@example.test`;
  const emails = [
    { email: `other-${email}`, primary: false, verified: true },
    { email, primary: true, verified: true },
  ];
  return { id: count, login: `octocat-${count}`, name: null, emails, ...changed };
};

async function signInAs({ site, github }: { site: Site; github: GitHub }, user: GitHubUser | null) {
  github.user = user;
  const browser = new Browser();
  const start = `${site.url}/auth/github/start?return_to=${encodeURIComponent(site.page)}`;
  const returned = await browser.follow(start, site.page);
  return { browser, returned, reason: returned.searchParams.get("reason"), error: returned.searchParams.get("error") };
}

test("GitHub's primary address opens an account, which a renamed login still signs in to", async ({ world }) => {
  const user = octocat();
  const { browser, returned } = await signInAs(world, user);
  expect(returned.search).toBe("");
  const me = async (of: Browser) =>
    ((await (await of.get(`${world.site.url}/api/v1/auth/me`)).json()) as { user: { id: string } }).user;
  const account = await me(browser);
  expect(account).toMatchObject({ email: user.emails[1]?.email, name: user.login });

  const again = await signInAs(world, { ...user, login: "renamed" });
  expect((await me(again.browser)).id).toBe(account.id);
});

test("somebody else who took over the login is somebody else", async ({ world }) => {
  const user = octocat();
  await signInAs(world, user);
  await signInAs(world, octocat({ login: user.login }));
  const identities = await world.site.app.sql.query(
    "select distinct user_id from auth.identities where name = $1 and issuer = $2",
    [user.login, world.github.url],
  );
  expect(identities).toHaveLength(2);
});

test.for([
  ["the primary address is not verified", [{ email: "a@example.test", primary: true, verified: false }]],
  ["only another address is", [{ email: "b@example.test", primary: false, verified: true }]],
  ["there is none", []],
] as [string, GitHubUser["emails"]][])("no account is opened when %s", async ([, emails], { world }) => {
  const { error, reason, browser } = await signInAs(world, octocat({ emails }));
  expect({ error, reason }).toEqual({ error: "access.denied", reason: "email-unverified" });
  expect(browser.cookies(world.site.url).size).toBe(0);
});

test("who cancels is told so", async ({ world }) => {
  expect(await signInAs(world, null)).toMatchObject({ error: "access.denied", reason: "denied" });
});

test("a code is good once, also where GitHub refuses with status 200", async ({ world }) => {
  const { site, github } = world;
  github.user = octocat();
  const browser = new Browser();
  const callback = await browser.follow(`${site.url}/auth/github/start`, `${site.url}/auth/github/callback`);
  const flow = browser.cookies(site.url).get("taskwire-sign-in") as string;
  await browser.get(callback.href);
  browser.setCookie(site.url, "taskwire-sign-in", flow);
  const replayed = new URL((await browser.get(callback.href)).headers.get("location") as string);
  expect(Object.fromEntries(replayed.searchParams)).toEqual({ error: "auth.invalid", reason: "code" });
});

test("when GitHub is ill, the sign-in says that it is not ours to mend", async ({ world }) => {
  const { site, github } = world;
  github.user = octocat();
  const browser = new Browser();
  const callback = await browser.follow(`${site.url}/auth/github/start`, `${site.url}/auth/github/callback`);
  github.ill = true;
  const returned = new URL((await browser.get(callback.href)).headers.get("location") as string);
  github.ill = false;
  expect(Object.fromEntries(returned.searchParams)).toEqual({ error: "upstream.down" });
});

test("a provider that is not configured is not there", async ({ world }) => {
  for (const path of ["google/start", "google/callback", "__proto__/start", "constructor/start"]) {
    const response = await fetch(`${world.site.url}/auth/${path}`, { redirect: "manual" });
    expect([response.status, await response.json()]).toMatchObject([404, { error: "not-found" }]);
  }
});
