import { describe, expect } from "vitest";
import { refusal } from "../testing/scene.ts";
import { codeFor, newcomer, type Site, signInAs, test } from "./sign-in.fixture.ts";

const password = "correct horse battery staple";
const somebody = async (site: Site) => {
  const actor = await site.scene.person();
  return { actor, caller: site.scene.caller(actor), channel: `user:${actor.userId}` as const };
};

/** Somebody who has an account by an identity alone. */
async function withoutPassword(site: Site) {
  const claims = newcomer();
  const { access } = await site.scene.caller(null).auth.exchange(await codeFor(site, claims));
  const { userId, sessionId } = await site.app.tokens.verify(access);
  return { claims, userId, caller: site.scene.caller({ userId, sessionId }) };
}

describe("linking", () => {
  test("lets one sign in with the identity, and tells one's own channel", async ({ site }) => {
    const { actor, caller, channel } = await somebody(site);
    const claims = newcomer({ email: "elsewhere@example.test", email_verified: false });
    const code = await codeFor(site, claims);

    const identity = await site.scene.expectLaw([[channel, actor]], () => caller.identities.link(code));

    expect(identity).toMatchObject({ userId: actor.userId, provider: "acme", email: claims.email, name: claims.name });
    expect(await caller.identities.list({})).toEqual({ items: [identity] });
    expect((await site.scene.changes(channel)).at(-1)).toMatchObject({ type: "identity.linked", patch: identity });
    expect((await signInAs(site, claims)).href).toBe(site.page);
    const [last] = (await site.scene.changes(channel)).slice(-1);
    expect(last).toMatchObject({ type: "session.started", actorId: actor.userId });
  });

  test("again answers the same and changes nothing", async ({ site }) => {
    const { caller, channel } = await somebody(site);
    const claims = newcomer();
    const identity = await caller.identities.link(await codeFor(site, claims));
    const link = { ...(await codeFor(site, claims)), mutationId: crypto.randomUUID() };
    const head = await site.scene.head(channel);
    expect(await caller.identities.link(link)).toEqual(identity);
    expect(await caller.identities.link(link)).toEqual(identity); // the code is spent, the answer was kept
    expect(await site.scene.head(channel)).toBe(head);
  });

  test("proves the account's address where the provider vouches for it", async ({ site }) => {
    const { actor, caller, channel } = await somebody(site);
    const code = await codeFor(site, newcomer({ email: actor.email }));
    await site.scene.expectLaw([[channel, actor]], () => caller.identities.link(code));
    expect((await caller.auth.me({})).user).toMatchObject({ emailVerifiedAt: expect.any(String) });
  });

  test("an identity of another account is refused", async ({ site }) => {
    const { claims } = await withoutPassword(site);
    const { caller, channel } = await somebody(site);
    const head = await site.scene.head(channel);
    await expect(caller.identities.link(await codeFor(site, claims))).rejects.toMatchObject({
      cause: { code: "conflict", details: { rule: "identity.taken" } },
    });
    expect(await site.scene.head(channel)).toBe(head);
  });

  test.for([
    [
      "that was used",
      async (site: Site) => {
        const code = await codeFor(site, newcomer());
        await site.scene.caller(null).auth.exchange(code);
        return code;
      },
    ],
    [
      "of another client",
      async (site: Site) => ({ ...(await codeFor(site, newcomer())), codeVerifier: "x".repeat(60) }),
    ],
    ["that is none", async () => ({ code: "twx_none", codeVerifier: "x".repeat(60) })],
  ] as const)("with a code %s is refused", async ([, make], { site }) => {
    const { caller } = await somebody(site);
    await expect(caller.identities.link(await make(site))).rejects.toMatchObject(refusal("auth.invalid"));
    expect(await caller.identities.list({})).toEqual({ items: [] });
  });
});

describe("unlinking", () => {
  test("ends that one can sign in with it; repeated with its mutationId it answers the same", async ({ site }) => {
    const { actor, caller, channel } = await somebody(site);
    const claims = newcomer({ email_verified: false });
    const identity = await caller.identities.link(await codeFor(site, claims));
    const unlink = { identityId: identity.id, mutationId: crypto.randomUUID() };

    const gone = await site.scene.expectLaw([[channel, actor]], () => caller.identities.unlink(unlink));

    expect(gone).toEqual(identity);
    expect(await caller.identities.unlink(unlink)).toEqual(identity);
    await expect(caller.identities.unlink({ identityId: identity.id })).rejects.toMatchObject(refusal("not-found"));
    expect((await site.scene.changes(channel)).at(-1)).toMatchObject({ type: "identity.unlinked", op: "delete" });
    expect((await signInAs(site, claims)).searchParams.get("reason")).toBe("email-unverified");
  });

  test("another person's fails like one that is not there", async ({ site }) => {
    const { caller } = await somebody(site);
    const other = await withoutPassword(site);
    const [identity] = (await other.caller.identities.list({})).items;
    for (const identityId of [identity!.id, crypto.randomUUID()])
      await expect(caller.identities.unlink({ identityId })).rejects.toMatchObject(refusal("not-found"));
    expect((await other.caller.identities.list({})).items).toEqual([identity]);
  });

  test("the last way in is refused, also when two go at once, and when the other is of a provider that is gone", async ({
    site,
  }) => {
    const { caller, userId } = await withoutPassword(site);
    const second = await caller.identities.link(await codeFor(site, newcomer()));
    const [first] = (await caller.identities.list({})).items;

    const ends = await Promise.allSettled(
      [first!, second].map(({ id }) => caller.identities.unlink({ identityId: id })),
    );

    expect(ends.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    const [left] = (await caller.identities.list({})).items;
    const last = { cause: { code: "rule.broken", details: { rule: "identity.last" } } };
    await expect(caller.identities.unlink({ identityId: left!.id })).rejects.toMatchObject(last);
    await site.app.sql.query(
      `insert into auth.identities (id, user_id, provider, issuer, subject, created_at)
       values (gen_random_uuid(), $1::uuid, 'gone', 'https://gone.example', $1::uuid::text, now())`,
      [userId],
    );
    await expect(caller.identities.unlink({ identityId: left!.id })).rejects.toMatchObject(last);
    expect((await caller.identities.list({})).items.map(({ id }) => id)).toContain(left!.id);
  });

  test("the only identity of an account with a password goes", async ({ site }) => {
    const { caller, actor } = await somebody(site);
    const identity = await caller.identities.link(await codeFor(site, newcomer()));
    expect(await caller.identities.unlink({ identityId: identity.id })).toEqual(identity);
    expect(await site.scene.caller(null).auth.signIn({ email: actor.email, password })).toBeDefined();
  });
});
