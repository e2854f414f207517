import { describe, expect } from "vitest";
import { buildAccount, buildSession, password, signInByCookie, test } from "../../testing/accounts.ts";
import { refusal } from "../../testing/scene.ts";
import { signOut } from "./sign-out.ts";

const endsOn = async (changes: Promise<{ type: string; entityId: string }[]>) =>
  (await changes).filter((change) => change.type === "session.ended").map((change) => change.entityId);

describe("signing out", () => {
  test("ends this session at once, and no other", async ({ scene }) => {
    const { caller, actor, session, refreshToken, email } = await buildAccount(scene);
    const other = await buildSession(scene, email);
    expect(await scene.app.sessions.isAlive(session.id)).toBe(true);

    const answer = await scene.expectLaw([[`user:${actor.userId}`, other.actor]], () => caller.auth.signOut({}));

    expect(answer).toEqual({ endedSessionIds: [session.id] });
    expect(await scene.app.sessions.isAlive(session.id)).toBe(false);
    expect(await scene.app.sessions.isAlive(other.session.id)).toBe(true);
    await expect(scene.caller(null).auth.refresh({ refreshToken: refreshToken! })).rejects.toMatchObject(
      refusal("auth.invalid"),
    );
    expect(await endsOn(scene.changes(`user:${actor.userId}`))).toEqual([session.id]);
  });

  test("everywhere ends all sessions of the person, and nobody else's", async ({ scene }) => {
    const { caller, actor, session, email } = await buildAccount(scene);
    const others = [await buildSession(scene, email), await buildSession(scene, email)];
    const stranger = await buildAccount(scene);
    const ids = [session.id, ...others.map((other) => other.session.id)].sort();

    const answer = await scene.expectLaw([[`user:${actor.userId}`, actor]], () => caller.auth.signOutEverywhere({}));

    expect(answer.endedSessionIds.toSorted()).toEqual(ids);
    expect((await endsOn(scene.changes(`user:${actor.userId}`))).sort()).toEqual(ids);
    for (const id of ids) expect(await scene.app.sessions.isAlive(id)).toBe(false);
    expect(await scene.app.sessions.isAlive(stranger.session.id)).toBe(true);
  });

  test("from many sessions everywhere at once succeeds without a deadlock", async ({ scene }) => {
    const account = await buildAccount(scene);
    const sessions = [
      account,
      ...(await Promise.all(Array.from({ length: 7 }, () => buildSession(scene, account.email)))),
    ];

    await Promise.all(sessions.map(({ caller }) => caller.auth.signOutEverywhere({})));

    expect(await endsOn(scene.changes(`user:${account.user.id}`))).toHaveLength(8);
  });

  test("clears the cookie of a session that has one", async ({ scene }) => {
    const { email, user } = await buildAccount(scene);
    const { signedIn } = await signInByCookie(scene, { email, password });
    const headers: string[] = [];
    const ctx = scene.ctx({ userId: user.id, sessionId: signedIn.session.id, byCookie: true } as const);

    await signOut({ ...ctx, origin: { ...ctx.origin, setCookie: (header) => void headers.push(header) } });

    expect(headers).toEqual(["taskwire=; HttpOnly; Max-Age=0; Path=/; SameSite=Lax"]);
  });
});

describe("revoking", () => {
  test("ends one of one's sessions; repeated with its mutationId it answers the same", async ({ scene }) => {
    const { caller, email, actor } = await buildAccount(scene);
    const { session } = await buildSession(scene, email);
    const revoke = { sessionId: session.id, mutationId: crypto.randomUUID() };

    const answer = await scene.expectLaw([[`user:${actor.userId}`, actor]], () => caller.auth.revokeSession(revoke));

    expect(answer).toEqual({ endedSessionIds: [session.id] });
    expect(await caller.auth.revokeSession(revoke)).toEqual(answer);
    expect(await endsOn(scene.changes(`user:${actor.userId}`))).toEqual([session.id]);
    await expect(caller.auth.revokeSession({ sessionId: session.id })).rejects.toMatchObject(refusal("not-found"));
  });

  test("another person's session fails like one that is not there, and ends nothing", async ({ scene }) => {
    const { caller } = await buildAccount(scene);
    const { session } = await buildAccount(scene);

    for (const sessionId of [session.id, crypto.randomUUID()]) {
      await expect(caller.auth.revokeSession({ sessionId })).rejects.toMatchObject(refusal("not-found"));
    }
    expect(await scene.app.sessions.isAlive(session.id)).toBe(true);
  });

  test.for(["signOut", "signOutEverywhere", "sessions", "me", "csrf"] as const)(
    "%s needs a sign-in",
    async (name, { scene }) => {
      await expect(scene.caller(null).auth[name]({})).rejects.toMatchObject(refusal("auth.required"));
    },
  );
});
