import { describe, expect } from "vitest";
import { buildAccount, password, signInByCookie, test } from "../../testing/accounts.ts";
import { refusal, type Scene } from "../../testing/scene.ts";

const refresh = (scene: Scene, refreshToken: string | null) =>
  scene.caller(null).auth.refresh({ refreshToken: refreshToken! });

/** Lets the grace of all exchanges so far pass. */
const ageExchanges = (scene: Scene, seconds: number) =>
  scene.app.sql.query("update auth.refresh_tokens set used_at = used_at - make_interval(secs => $1)", [seconds]);

const typesOn = async (scene: Scene, userId: string) =>
  (await scene.changes(`user:${userId}`)).map((change) => change.type);

describe("a refresh", () => {
  test("answers a new pair and keeps the session for longer", async ({ scene }) => {
    const { refreshToken, accessToken, session, actor } = await buildAccount(scene);
    await scene.app.sql.query("update auth.sessions set expires_at = expires_at - interval '1 hour' where id = $1", [
      session.id,
    ]);

    const pair = await scene.expectLaw([[`user:${actor.userId}`, actor]], () => refresh(scene, refreshToken));

    expect(pair.refreshToken).not.toBe(refreshToken);
    expect(pair.accessToken).not.toBe(accessToken);
    expect(await scene.app.tokens.verify(pair.accessToken)).toMatchObject(actor);
    expect(pair.session).toMatchObject({ id: session.id, expiresAt: expect.any(String) });
    const { items } = await scene.caller(actor).auth.sessions({});
    expect(items).toEqual([pair.session]);
    expect((await scene.changes(`user:${actor.userId}`)).at(-1)).toMatchObject({
      type: "session.extended",
      actorId: actor.userId,
      entityId: session.id,
      patch: { expiresAt: pair.session.expiresAt },
    });
  });

  test("sent fifty times at once takes place once, and all get the same pair", async ({ scene }) => {
    const { refreshToken, user, session } = await buildAccount(scene);

    const pairs = await Promise.all(Array.from({ length: 50 }, () => refresh(scene, refreshToken)));

    expect(new Set(pairs.map((pair) => JSON.stringify(pair)))).toHaveLength(1);
    const tokens = await scene.app.sql.query("select from auth.refresh_tokens where session_id = $1", [session.id]);
    expect(tokens).toHaveLength(2);
    expect((await typesOn(scene, user.id)).filter((type) => type === "session.extended")).toHaveLength(1);
    expect(await refresh(scene, pairs[0]!.refreshToken)).toMatchObject({ session: { id: session.id } });
  });

  test("goes on as a chain of which every token is another", async ({ scene }) => {
    const account = await buildAccount(scene);
    const seen = new Set<string | null>([account.refreshToken]);
    for (let token = account.refreshToken, turn = 0; turn < 5; turn++) {
      token = (await refresh(scene, token)).refreshToken;
      seen.add(token);
    }
    expect(seen.size).toBe(6);
  });
});

describe("a replay", () => {
  test("after the grace ends the session for everybody", async ({ scene }) => {
    const { refreshToken, actor, session } = await buildAccount(scene);
    const { refreshToken: next } = await refresh(scene, refreshToken);
    await ageExchanges(scene, scene.app.config.REFRESH_GRACE_SECONDS);

    const channel = `user:${actor.userId}` as const;
    const replay = scene.expectLaw([[channel, actor]], () =>
      expect(refresh(scene, refreshToken)).rejects.toMatchObject(refusal("auth.reused")),
    );

    await replay;
    await expect(refresh(scene, next)).rejects.toMatchObject(refusal("auth.invalid"));
    await expect(refresh(scene, refreshToken)).rejects.toMatchObject(refusal("auth.invalid"));
    expect(await scene.app.sessions.isAlive(session.id)).toBe(false);
    expect((await scene.changes(channel)).at(-1)).toMatchObject({ type: "session.ended", entityId: session.id });
  });

  test("within the grace, but after the new pair was used, ends the session", async ({ scene }) => {
    const { refreshToken, session } = await buildAccount(scene);
    const { refreshToken: next } = await refresh(scene, refreshToken);
    await refresh(scene, next);

    await expect(refresh(scene, refreshToken)).rejects.toMatchObject(refusal("auth.reused"));

    expect(await scene.app.sessions.isAlive(session.id)).toBe(false);
  });

  test("within the grace answers the same pair again", async ({ scene }) => {
    const { refreshToken } = await buildAccount(scene);
    const pair = await refresh(scene, refreshToken);
    await ageExchanges(scene, scene.app.config.REFRESH_GRACE_SECONDS - 5);
    const { accessToken: _, ...again } = await refresh(scene, refreshToken);
    expect(again).toMatchObject({ refreshToken: pair.refreshToken, session: pair.session });
  });

  test("sent many times at once ends the session once", async ({ scene }) => {
    const { refreshToken, user } = await buildAccount(scene);
    await refresh(scene, refreshToken);
    await ageExchanges(scene, 60);

    const replays = await Promise.allSettled(Array.from({ length: 10 }, () => refresh(scene, refreshToken)));

    for (const replay of replays) {
      expect(["auth.reused", "auth.invalid"]).toContain(replay.status === "rejected" && replay.reason.cause.code);
    }
    expect((await typesOn(scene, user.id)).filter((type) => type === "session.ended")).toHaveLength(1);
  });

  test("leaves the person's other sessions alone", async ({ scene }) => {
    const { refreshToken, email } = await buildAccount(scene);
    const other = await scene.caller(null).auth.signIn({ email, password });
    await refresh(scene, refreshToken);
    await ageExchanges(scene, 60);
    await expect(refresh(scene, refreshToken)).rejects.toMatchObject(refusal("auth.reused"));

    expect(await scene.app.sessions.isAlive(other.session.id)).toBe(true);
  });
});

describe("a refresh that is refused", () => {
  test.for([
    ["an unknown token", () => "twr_unknown", "auth.invalid"],
    ["no token, signed out", () => undefined, "auth.required"],
    ["an access token", (account: { accessToken: string }) => account.accessToken.slice(0, 200), "auth.invalid"],
  ] as const)("%s", async ([, tokenOf, code], { scene }) => {
    const refreshToken = tokenOf(await buildAccount(scene));
    await expect(scene.caller(null).auth.refresh({ refreshToken })).rejects.toMatchObject(refusal(code));
  });

  test.for([
    ["an expired session", "update auth.sessions set expires_at = now() where id = $1", "auth.expired"],
    ["an ended session", "delete from auth.sessions where id = $1", "auth.invalid"],
    [
      "a disabled account",
      "update auth.users set disabled_at = now() where id = (select user_id from auth.sessions where id = $1)",
      "auth.invalid",
    ],
  ] as const)("%s, first use and repetition alike", async ([, change, code], { scene }) => {
    const { refreshToken, session, user } = await buildAccount(scene);
    await scene.app.sql.query(change, [session.id]);

    for (let tries = 0; tries < 2; tries++)
      await expect(refresh(scene, refreshToken)).rejects.toMatchObject(refusal(code));
    expect(await typesOn(scene, user.id)).not.toContain("session.extended");
  });
});

describe("a session by cookie", () => {
  test("is kept for longer without a refresh token", async ({ scene }) => {
    const { email, user } = await buildAccount(scene);
    const { signedIn } = await signInByCookie(scene, { email, password });
    const actor = { userId: user.id, sessionId: signedIn.session.id, byCookie: true } as const;
    await scene.app.sql.query("update auth.sessions set expires_at = expires_at - interval '1 day' where id = $1", [
      actor.sessionId,
    ]);

    const grant = await scene.expectLaw([[`user:${user.id}`, actor]], () => scene.caller(actor).auth.refresh({}));

    expect(grant).toMatchObject({ refreshToken: null, csrfToken: signedIn.csrfToken });
    expect(await scene.app.tokens.verify(grant.accessToken)).toMatchObject({ sessionId: actor.sessionId });
    expect((await scene.changes(`user:${user.id}`)).at(-1)).toMatchObject({ type: "session.extended" });
  });

  test("cannot be kept with its access token alone", async ({ scene }) => {
    const { actor } = await buildAccount(scene);
    await expect(scene.caller(actor).auth.refresh({})).rejects.toMatchObject(refusal("auth.required"));
  });
});
