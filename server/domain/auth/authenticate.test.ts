import { describe, expect } from "vitest";
import { buildAccount, password, signInByCookie, test } from "../../testing/accounts.ts";
import type { Scene } from "../../testing/scene.ts";
import { authenticate } from "./authenticate.ts";

const own = "http://localhost:4000";
const asking = (scene: Scene, method: string, headers: Record<string, string>) =>
  authenticate(scene.app, { method, headers });

describe("a bearer token", () => {
  test("names its person and session, also to change something", async ({ scene }) => {
    const { accessToken, actor } = await buildAccount(scene);
    expect(await asking(scene, "POST", { authorization: `Bearer ${accessToken}` })).toEqual(actor);
  });

  test("goes before a cookie", async ({ scene }) => {
    const { accessToken, actor, email } = await buildAccount(scene);
    const { cookie } = await signInByCookie(scene, { email, password });
    expect(await asking(scene, "POST", { authorization: `bearer ${accessToken}`, cookie })).toEqual(actor);
  });

  test.for([
    ["signed out", (account) => account.caller.auth.signOut({})],
    [
      "removed behind this process's back",
      (account, scene) => scene.app.sql.query("delete from auth.sessions where id = $1", [account.session.id]),
    ],
    [
      "of an account that was disabled",
      (account, scene) =>
        scene.app.sql.query("update auth.users set disabled_at = now() where id = $1", [account.user.id]),
    ],
  ] satisfies [string, (account: Awaited<ReturnType<typeof buildAccount>>, scene: Scene) => Promise<unknown>][])(
    "is refused once its session is %s",
    async ([, end], { scene }) => {
      const account = await buildAccount(scene);
      const ask = () => asking(scene, "GET", { authorization: `Bearer ${account.accessToken}` });
      await ask();

      await end(account, scene);

      await expect
        .poll(() => ask().catch((error) => error.code), { timeout: 2_000, interval: 50 })
        .toBe("auth.invalid");
    },
  );

  test.for(["Basic YTpi", "Bearer", "Bearer ", "Bearer a b", "", `Bearer ${"x".repeat(10_000)}`])(
    "that is none is refused: %s",
    async (authorization, { scene }) => {
      await expect(asking(scene, "GET", { authorization })).rejects.toMatchObject({ code: "auth.invalid" });
    },
  );
});

describe("a cookie", () => {
  async function browser(scene: Scene) {
    const { email, user } = await buildAccount(scene);
    const { cookie, signedIn } = await signInByCookie(scene, { email, password });
    const actor = { userId: user.id, sessionId: signedIn.session.id, byCookie: true };
    return { cookie, csrfToken: signedIn.csrfToken!, actor, email };
  }

  test("may read", async ({ scene }) => {
    const { cookie, actor } = await browser(scene);
    expect(await asking(scene, "GET", { cookie: `theme=dark; ${cookie}` })).toEqual(actor);
  });

  test("may change something from an allowed origin with the session's token", async ({ scene }) => {
    const { cookie, csrfToken, actor } = await browser(scene);
    expect(await asking(scene, "POST", { cookie, origin: own, "x-csrf-token": csrfToken })).toEqual(actor);
    expect(await scene.caller(actor as never).auth.csrf({})).toEqual({ csrfToken });
  });

  test.for([
    ["without the token", { origin: own }],
    ["without an origin", { origin: undefined }],
    ["from another site", { origin: "https://evil.example" }],
    ["from a site whose name begins alike", { origin: "http://localhost:4000.evil.example" }],
    ["from a page without an origin", { origin: "null" }],
    ["with a token that is none", { "x-csrf-token": "guess" }],
    ["with an empty token", { "x-csrf-token": "" }],
  ])("may change nothing %s", async ([, wrong], { scene }) => {
    const { cookie, csrfToken } = await browser(scene);
    const good = (wrong as { origin?: string }).origin === own ? {} : { "x-csrf-token": csrfToken };
    const headers = { cookie, origin: own, ...good, ...(wrong as object) } as Record<string, string>;
    for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
      await expect(asking(scene, method, headers)).rejects.toMatchObject({
        code: "access.denied",
        details: { rule: "csrf" },
      });
    }
  });

  test("does not take the token of another session", async ({ scene }) => {
    const { cookie } = await browser(scene);
    const { csrfToken } = await browser(scene);
    await expect(asking(scene, "POST", { cookie, origin: own, "x-csrf-token": csrfToken })).rejects.toMatchObject({
      code: "access.denied",
    });
  });

  test("is refused once its session ended or expired", async ({ scene }) => {
    const { cookie, actor, email } = await browser(scene);
    const other = await signInByCookie(scene, { email, password });
    await asking(scene, "GET", { cookie });
    await scene.caller({ userId: actor.userId, sessionId: actor.sessionId }).auth.signOut({});
    await expect(asking(scene, "GET", { cookie })).rejects.toMatchObject({ code: "auth.invalid" });

    await scene.app.sql.query("update auth.sessions set expires_at = now() where user_id = $1", [actor.userId]);
    await expect(asking(scene, "GET", { cookie: other.cookie })).rejects.toMatchObject({ code: "auth.invalid" });
    // The end of an expired session is recorded when it is removed, not by whoever asks.
    expect(
      await scene.app.sql.query("select from auth.sessions where id = $1", [other.signedIn.session.id]),
    ).toHaveLength(1);
  });

  test.for(["taskwire=unknown", `taskwire=${"a".repeat(10_000)}`])(
    "that is unknown is refused: %s",
    async (cookie, { scene }) => {
      await expect(asking(scene, "GET", { cookie })).rejects.toMatchObject({ code: "auth.invalid" });
    },
  );

  test.for(["taskwire=", "taskwire=%", "other=1", "=", ";;;", ""])(
    "that says nothing is nobody: %s",
    async (cookie, { scene }) => {
      expect(await asking(scene, "POST", { cookie })).toBeNull();
    },
  );
});

test("without a credential it is nobody", async ({ scene }) => {
  expect(await asking(scene, "POST", {})).toBeNull();
});
