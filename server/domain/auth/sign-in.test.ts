import { describe, expect, onTestFinished } from "vitest";
import { buildAccount, password, signInByCookie, test } from "../../testing/accounts.ts";
import { openTestApp } from "../../testing/app.ts";
import { refusal, Scene } from "../../testing/scene.ts";

describe("signing in", () => {
  test("starts a session that holds, and tells the person's channel", async ({ scene }) => {
    const { email, user, session, accessToken, ...account } = await buildAccount(scene);

    expect(user).toMatchObject({ email, name: "Ada Lovelace", version: 1 });
    expect(session).toMatchObject({ userId: user.id, ip: "127.0.0.1", userAgent: "vitest" });
    expect(account).toMatchObject({ refreshToken: expect.stringMatching(/^twr_[\w-]{43}$/), csrfToken: null });
    expect(await scene.app.tokens.verify(accessToken)).toMatchObject({ userId: user.id, sessionId: session.id });
    expect(await scene.app.sessions.isAlive(session.id)).toBe(true);
    expect(await scene.changes(`user:${user.id}`)).toMatchObject([
      { type: "user.registered", actorId: user.id, patch: user },
      { type: "session.started", actorId: user.id, entityId: session.id, patch: session },
    ]);
  });

  test("keeps the law of the feed", async ({ scene }) => {
    const { email, actor } = await buildAccount(scene);
    await scene.expectLaw([[`user:${actor.userId}`, actor]], () => scene.caller(null).auth.signIn({ email, password }));
  });

  test("stores hashes only, and no answer for a repetition even when somebody is signed in", async ({ scene }) => {
    const { email, actor, refreshToken, accessToken } = await buildAccount(scene);
    const mutationId = crypto.randomUUID();
    const again = await scene.caller(actor).auth.signIn({ email, password, mutationId });
    await scene.caller(actor).auth.refresh({ refreshToken: again.refreshToken!, mutationId: crypto.randomUUID() });

    const [stored] = await scene.app.sql.query<{ everything: string }>(
      `select concat((select json_agg(s) from auth.sessions s), (select json_agg(t) from auth.refresh_tokens t),
        (select json_agg(u) from auth.users u), (select json_agg(m) from feed.mutations m), (select json_agg(c) from feed.changes c)) as everything`,
    );

    for (const secret of [password, refreshToken!, accessToken, again.refreshToken!, again.accessToken]) {
      expect(stored!.everything).not.toContain(secret);
    }
    expect(await scene.app.sql.query("select from feed.mutations where mutation_id = $1", [mutationId])).toEqual([]);
  });

  test("by cookie answers no refresh token and sets an HttpOnly cookie", async ({ scene }) => {
    const { email } = await buildAccount(scene);

    const { signedIn, setCookie, cookie } = await signInByCookie(scene, { email, password });

    expect(signedIn).toMatchObject({ refreshToken: null, csrfToken: expect.any(String) });
    expect(setCookie).toMatch(/^taskwire=[a-z0-9]{40}; HttpOnly; Max-Age=34560000; Path=\/; SameSite=Lax$/);
    expect(JSON.stringify(signedIn)).not.toContain(cookie.split("=")[1]);
  });

  test("login answers exactly an access and a refresh token", async ({ scene }) => {
    const { email, user } = await buildAccount(scene);

    const tokens = await scene.caller(null).auth.login({ username: email, password });

    expect(Object.keys(tokens)).toEqual(["access", "refresh"]);
    expect(await scene.app.tokens.verify(tokens.access)).toMatchObject({ userId: user.id });
    expect(await scene.caller(null).auth.refresh({ refreshToken: tokens.refresh })).toMatchObject({
      session: { userId: user.id },
    });
  });
});

describe("a sign-in that fails", () => {
  test("says the same for an unknown address, a wrong password and a disabled account", async ({ scene }) => {
    const { email } = await buildAccount(scene);
    const disabled = await buildAccount(scene);
    await scene.app.sql.query("update auth.users set disabled_at = now() where email = $1", [disabled.email]);
    const tries = [
      { email: "nobody@example.test", password },
      { email, password: "not the password" },
      { email: disabled.email, password },
    ];

    const answers = await Promise.all(
      tries.map((input) =>
        scene
          .caller(null)
          .auth.signIn(input)
          .catch((error) => error.cause.toBody()),
      ),
    );

    expect(answers[0]).toMatchObject({ error: "auth.invalid", details: {} });
    expect(answers).toEqual([answers[0], answers[0], answers[0]]);
  });

  test("costs one hash, whether there is an account or not", async ({ scene }) => {
    const { email } = await buildAccount(scene);
    const { app } = scene;
    let compared = 0;
    const passwords: typeof app.passwords = {
      ...app.passwords,
      matches: (...given) => {
        compared += 1;
        return app.passwords.matches(...given);
      },
    };
    const counting = new Scene({ ...app, passwords });

    for (const tried of [email, "nobody@example.test"]) {
      const before = compared;
      const call = counting.caller(null).auth.signIn({ email: tried, password: "not the password" });
      await expect(call).rejects.toMatchObject(refusal("auth.invalid"));
      expect(compared - before).toBe(1);
    }
  });

  test("starts no session with a password that is changed meanwhile", async ({ scene }) => {
    const { email, caller, user } = await buildAccount(scene);
    const { app } = scene;
    const change = { currentPassword: password, newPassword: "quite another one" };
    const passwords: typeof app.passwords = {
      ...app.passwords,
      async matches(...given) {
        const matched = await app.passwords.matches(...given);
        await caller.auth.changePassword(change); // between the comparison and the session
        return matched;
      },
    };

    const late = new Scene({ ...app, passwords }).caller(null).auth.signIn({ email, password });

    await expect(late).rejects.toMatchObject(refusal("auth.invalid"));
    expect((await caller.auth.sessions({})).items).toHaveLength(1);
    expect((await scene.changes(`user:${user.id}`)).filter((change) => change.type === "session.started")).toHaveLength(
      1,
    );
  });

  test.for([{ email: "" }, { email: "a@example.test\u0000" }, { password: "" }, { cookie: "yes" }, { role: "owner" }])(
    "is refused as malformed: %o",
    async (wrong, { scene }) => {
      const input = { email: "nobody@example.test", password, ...wrong } as { email: string; password: string };
      await expect(scene.caller(null).auth.signIn(input)).rejects.toMatchObject({ code: "BAD_REQUEST" });
    },
  );
});

describe("the limits", () => {
  async function limited(): Promise<Scene> {
    const { app, close } = await openTestApp({ AUTH_LIMIT_PER_MINUTE: "3" });
    onTestFinished(close);
    return new Scene(app);
  }

  test("stop guessing at an account, known or not, and a success gives the tries back", async () => {
    const scene = await limited();
    const { email } = await buildAccount(scene);
    const guess = (at: string) => scene.caller(null).auth.signIn({ email: at, password: "not the password" });

    for (const at of [email, "nobody@example.test"]) {
      for (let tries = 0; tries < 3; tries++) await expect(guess(at)).rejects.toMatchObject(refusal("auth.invalid"));
      await expect(guess(at)).rejects.toMatchObject({
        cause: { code: "rate-limited", details: { retryAfterSeconds: expect.any(Number) } },
      });
    }
    await expect(scene.caller(null).auth.signIn({ email, password })).rejects.toMatchObject(refusal("rate-limited"));

    const other = await buildAccount(scene);
    for (let round = 0; round < 2; round++) {
      for (let tries = 0; tries < 2; tries++)
        await expect(guess(other.email)).rejects.toMatchObject(refusal("auth.invalid"));
      await scene.caller(null).auth.signIn({ email: other.email, password });
    }
  });

  test("stop guesses that are sent at the same time", async () => {
    const scene = await limited();
    const { email } = await buildAccount(scene);

    const guesses = await Promise.allSettled(
      Array.from({ length: 20 }, () => scene.caller(null).auth.signIn({ email, password: "not the password" })),
    );

    const codes = guesses.map((guess) => guess.status === "rejected" && guess.reason.cause.code);
    expect(codes.filter((code) => code === "auth.invalid")).toHaveLength(3);
    expect(codes.filter((code) => code === "rate-limited")).toHaveLength(17);
  });

  test("stop registrations from one address, and changes of a password", async () => {
    const scene = await limited();
    const { caller } = await buildAccount(scene);
    const register = (n: number) =>
      scene.caller(null).auth.register({ email: `n${n}@example.test`, name: "N", password });
    await register(1);
    await register(2);
    await expect(register(3)).rejects.toMatchObject(refusal("rate-limited"));

    const change = () => caller.auth.changePassword({ currentPassword: "a guess", newPassword: "quite another one" });
    for (let tries = 0; tries < 3; tries++) await expect(change()).rejects.toMatchObject(refusal("validation.failed"));
    await expect(change()).rejects.toMatchObject(refusal("rate-limited"));
  });
});
