import { describe, expect, onTestFinished } from "vitest";
import { buildAccount, buildSession, password, test } from "../../testing/accounts.ts";
import { openTestApp } from "../../testing/app.ts";
import { lettersTo, tokenTo } from "../../testing/letters.ts";
import { refusal, Scene } from "../../testing/scene.ts";

const newPassword = "quite another one";
const anybody = (scene: Scene) => scene.caller(null).auth;
const namesOf = async (scene: Scene, address: string) => (await lettersTo(scene, address)).map(({ name }) => name);
const typesOn = async (scene: Scene, userId: string) => (await scene.changes(`user:${userId}`)).map(({ type }) => type);
const freshAddress = () => `${crypto.randomUUID()}@example.test`;

/** An account whose address is proved. */
async function buildProved(scene: Scene) {
  const account = await buildAccount(scene);
  await anybody(scene).verifyEmail({ token: await tokenTo(scene, account.email, "verify-email") });
  return account;
}

/** The link of a letter that was just asked for. */
async function resetToken(scene: Scene, email: string): Promise<string> {
  await anybody(scene).requestPasswordReset({ email });
  return tokenTo(scene, email, "reset-password");
}

const everything = async (scene: Scene) => {
  const [row] = await scene.app.sql.query<{ all: string }>(
    `select concat((select json_agg(p) from auth.mail_proofs p), (select json_agg(j) from feed.jobs j),
      (select json_agg(c) from feed.changes c), (select json_agg(m) from feed.mutations m),
      (select json_agg(a) from auth.audit_entries a)) as all`,
  );
  return row!.all;
};

describe("the address of a new account", () => {
  test("is proved by the link of a letter, which tells the person's channel", async ({ scene }) => {
    const { email, user, actor } = await buildAccount(scene);
    expect(user.emailVerifiedAt).toBeNull();
    const [letter, ...others] = await lettersTo(scene, email);
    expect(others).toEqual([]);
    expect(letter).toMatchObject({ to: { name: "", address: email }, template: "notice", name: "verify-email" });
    const token = await tokenTo(scene, email, "verify-email");
    expect(token).toMatch(/^twm_[\w-]{43}$/);
    expect(await everything(scene)).not.toContain(token);

    const proved = await scene.expectLaw([[`user:${user.id}`, actor]], () => anybody(scene).verifyEmail({ token }));

    expect(proved).toEqual({ email });
    expect(await typesOn(scene, user.id)).toContain("user.email-verified");
    expect(await anybody(scene).verifyEmail({ token })).toEqual(proved); // who clicks twice is told the same
    expect((await typesOn(scene, user.id)).filter((type) => type === "user.email-verified")).toHaveLength(1);
    expect(await lettersTo(scene, email)).toEqual([]); // a letter that was late says nothing any more
  });

  test("a link sent again voids the one before; there is none for an address that needs none", async ({ scene }) => {
    const { email } = await buildAccount(scene);
    const first = await tokenTo(scene, email, "verify-email");
    await anybody(scene).resendVerification({ email });
    const second = await tokenTo(scene, email, "verify-email");
    await expect(anybody(scene).verifyEmail({ token: first })).rejects.toMatchObject(refusal("auth.invalid"));
    await anybody(scene).verifyEmail({ token: second });
    const before = (await namesOf(scene, email)).length;
    expect(await anybody(scene).resendVerification({ email })).toEqual({ status: "accepted" });
    expect(await namesOf(scene, email)).toHaveLength(before);
  });

  test("where it must be proved first, a password alone does not sign in", async () => {
    const { app, close } = await openTestApp({ REQUIRE_VERIFIED_EMAIL: "true" });
    onTestFinished(close);
    const scene = new Scene(app);
    const email = freshAddress();
    await anybody(scene).register({ email, name: "Ada", password });
    const signIn = (tried: string) => anybody(scene).signIn({ email, password: tried });
    await expect(signIn(password)).rejects.toMatchObject({
      cause: { code: "access.denied", details: { rule: "email-unverified" } },
    });
    await expect(signIn("not the password")).rejects.toMatchObject(refusal("auth.invalid"));
    await anybody(scene).verifyEmail({ token: await tokenTo(scene, email, "verify-email") });
    expect(await signIn(password)).toMatchObject({ user: { email } });
  });
});

describe("an address that has an account", () => {
  test("is sent a letter when somebody registers with it, once while that waits", async ({ scene }) => {
    const { email } = await buildProved(scene);
    for (let times = 0; times < 3; times += 1) {
      expect(await anybody(scene).register({ email, name: "BUY NOW", password })).toEqual({ status: "accepted" });
    }
    const letters = (await lettersTo(scene, email)).filter(({ name }) => name === "account-exists");
    expect(letters).toHaveLength(1);
    expect(JSON.stringify(letters)).not.toContain("BUY NOW");
  });

  test.for(["requestPasswordReset", "resendVerification"] as const)(
    "answers %s as one that has none, which is sent nothing",
    async (name, { scene }) => {
      const { email } = await buildAccount(scene);
      const unknown = freshAddress();
      expect(await anybody(scene)[name]({ email })).toEqual(await anybody(scene)[name]({ email: unknown }));
      expect(await namesOf(scene, unknown)).toEqual([]);
      expect(await scene.app.sql.query("select from auth.users where email = $1", [unknown])).toEqual([]);
    },
  );

  test("and one that has none run out of tries alike", async () => {
    const { app, close } = await openTestApp({ AUTH_LIMIT_PER_MINUTE: "3" });
    onTestFinished(close);
    const scene = new Scene(app);
    const { email } = await buildAccount(scene);
    for (const asked of [email, freshAddress()]) {
      for (let tries = 0; tries < 3; tries += 1) await anybody(scene).requestPasswordReset({ email: asked });
      const call = anybody(scene).requestPasswordReset({ email: asked });
      await expect(call).rejects.toMatchObject({
        cause: { code: "rate-limited", details: { limit: "mail-proof:address" } },
      });
    }
  });
});

describe("a forgotten password", () => {
  test("is replaced by the link of a letter; all sessions end, and the person is told", async ({ scene }) => {
    const { email, user, session } = await buildProved(scene);
    const token = await resetToken(scene, email);
    const other = await buildAccount(scene);

    const answer = await anybody(scene).resetPassword({ token, newPassword });

    expect(answer).toEqual({ status: "changed" });
    expect(await scene.app.sessions.isAlive(session.id)).toBe(false);
    expect(await scene.app.sessions.isAlive(other.session.id)).toBe(true);
    expect((await typesOn(scene, user.id)).slice(-2)).toEqual(["session.ended", "user.password-changed"]);
    expect(await namesOf(scene, email)).toContain("account-notice");
    await expect(anybody(scene).signIn({ email, password })).rejects.toMatchObject(refusal("auth.invalid"));
    expect(await anybody(scene).signIn({ email, password: newPassword })).toMatchObject({ user: { email } });
  });

  test("the law holds, and the address is proved, too", async ({ scene }) => {
    const { email, actor } = await buildAccount(scene);
    const token = await resetToken(scene, email);
    await scene.expectLaw([[`user:${actor.userId}`, actor]], () =>
      anybody(scene).resetPassword({ token, newPassword }),
    );
    const { user } = await anybody(scene).signIn({ email, password: newPassword });
    expect(user.emailVerifiedAt).toEqual(expect.any(String));
  });

  test("a link is good once; sent again with the same password it answers the same", async ({ scene }) => {
    const { email, user } = await buildProved(scene);
    const token = await resetToken(scene, email);
    await anybody(scene).resetPassword({ token, newPassword });
    const head = await scene.head(`user:${user.id}`);
    expect(await anybody(scene).resetPassword({ token, newPassword })).toEqual({ status: "changed" });
    const stolen = anybody(scene).resetPassword({ token, newPassword: "one more of another" });
    await expect(stolen).rejects.toMatchObject(refusal("auth.invalid"));
    expect(await scene.head(`user:${user.id}`)).toBe(head);
    expect(await anybody(scene).signIn({ email, password: newPassword })).toBeDefined();
  });

  test("of two at once with one link one takes place", async ({ scene }) => {
    const { email } = await buildProved(scene);
    const token = await resetToken(scene, email);
    const tries = await Promise.allSettled(
      ["the first of two", "the other of two"].map((newPassword) =>
        anybody(scene).resetPassword({ token, newPassword }),
      ),
    );
    expect(tries.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  });

  test.for([
    [
      "that has expired",
      "auth.expired",
      (scene: Scene) => scene.app.sql.query("update auth.mail_proofs set expires_at = now()"),
    ],
    [
      "that a newer one replaced",
      "auth.invalid",
      (scene: Scene, email: string) => anybody(scene).requestPasswordReset({ email }),
    ],
    [
      "from before the password was changed",
      "auth.invalid",
      async (scene: Scene, email: string) =>
        (await buildSession(scene, email)).caller.auth.changePassword({ currentPassword: password, newPassword }),
    ],
    [
      "of a disabled account",
      "auth.invalid",
      (scene: Scene, email: string) =>
        scene.app.sql.query("update auth.users set disabled_at = now() where email = $1", [email]),
    ],
  ] as const)("a link %s fails with %s and changes nothing", async ([, code, spoil], { scene }) => {
    const { email, user } = await buildProved(scene);
    const token = await resetToken(scene, email);
    await spoil(scene, email);
    const head = await scene.head(`user:${user.id}`);
    const call = anybody(scene).resetPassword({ token, newPassword: "one more of another" });
    await expect(call).rejects.toMatchObject(refusal(code));
    expect(await scene.head(`user:${user.id}`)).toBe(head);
  });

  test("a link for something else, or none, is refused", async ({ scene }) => {
    const { email } = await buildAccount(scene);
    const verify = await tokenTo(scene, email, "verify-email");
    for (const token of [verify, "twm_none", verify.slice(0, -1)])
      await expect(anybody(scene).resetPassword({ token, newPassword })).rejects.toMatchObject(refusal("auth.invalid"));
    const reset = await resetToken(scene, email);
    await expect(anybody(scene).verifyEmail({ token: reset })).rejects.toMatchObject(refusal("auth.invalid"));
    await expect(anybody(scene).confirmEmailChange({ token: reset })).rejects.toMatchObject(refusal("auth.invalid"));
  });

  test("a password that is too easy is refused, and the link stays good", async ({ scene }) => {
    const { email } = await buildProved(scene);
    const token = await resetToken(scene, email);
    for (const easy of ["password123", email])
      await expect(anybody(scene).resetPassword({ token, newPassword: easy })).rejects.toMatchObject(
        refusal("validation.failed"),
      );
    expect(await anybody(scene).resetPassword({ token, newPassword })).toEqual({ status: "changed" });
  });

  test("a second factor stays on where the address was proved", async ({ scene }) => {
    const { email, user } = await buildProved(scene);
    await scene.app.sql.query("update auth.users set two_factor_since = now() where id = $1", [user.id]);
    await anybody(scene).resetPassword({ token: await resetToken(scene, email), newPassword });
    await expect(anybody(scene).signIn({ email, password: newPassword })).rejects.toMatchObject(
      refusal("auth.required"),
    );
  });

  test("whoever opened the account with somebody else's address is left no way in", async ({ scene }) => {
    const { email, user, actor } = await buildAccount(scene);
    await scene.app.sql.query("update auth.users set two_factor_since = now() where id = $1", [user.id]);
    await scene.app.sql.query(
      `insert into auth.identities (id, user_id, provider, issuer, subject, created_at)
       values (gen_random_uuid(), $1::uuid, 'acme', 'https://acme.example', $1::uuid::text, now())`,
      [user.id],
    );
    const token = await resetToken(scene, email);
    await scene.expectLaw([[`user:${user.id}`, actor]], () => anybody(scene).resetPassword({ token, newPassword }));
    expect(await typesOn(scene, user.id)).toEqual(
      expect.arrayContaining(["identity.unlinked", "user.two-factor-disabled"]),
    );
    const { user: owner } = await anybody(scene).signIn({ email, password: newPassword });
    expect(owner).toMatchObject({ twoFactorSince: null, emailVerifiedAt: expect.any(String) });
    expect(await scene.app.sql.query("select from auth.identities where user_id = $1", [user.id])).toEqual([]);
  });
});

describe("another address", () => {
  test("is the account's once the link sent to it was used, everywhere; the one before is told", async ({ scene }) => {
    const { email, caller, user, actor } = await buildProved(scene);
    const { organization, owner } = await scene.organization();
    await scene.join(organization.id, actor, "member");
    const newEmail = freshAddress();

    expect(await caller.auth.requestEmailChange({ newEmail, currentPassword: password })).toEqual({
      status: "accepted",
    });
    expect((await caller.auth.me({})).user.email).toBe(email);
    const token = await tokenTo(scene, newEmail, "change-email");
    const changed = await scene.expectLaw(
      [
        [`user:${user.id}`, actor],
        [`organization:${organization.id}`, owner],
      ],
      () => anybody(scene).confirmEmailChange({ token }),
    );

    expect(changed).toEqual({ email: newEmail });
    expect((await caller.auth.me({})).user).toMatchObject({ email: newEmail, emailVerifiedAt: expect.any(String) });
    expect((await scene.changes(`organization:${organization.id}`)).at(-1)).toMatchObject({
      type: "member.profile-changed",
      patch: { email: newEmail },
    });
    expect((await namesOf(scene, email)).at(-1)).toBe("address-changed");
    expect(await anybody(scene).confirmEmailChange({ token })).toEqual(changed);
    expect(await anybody(scene).signIn({ email: newEmail, password })).toBeDefined();
    await expect(anybody(scene).signIn({ email, password })).rejects.toMatchObject(refusal("auth.invalid"));
  });

  test("that has an account is answered the same, and only its owner is told", async ({ scene }) => {
    const { caller } = await buildProved(scene);
    const taken = await buildProved(scene);
    const answer = await caller.auth.requestEmailChange({ newEmail: taken.email, currentPassword: password });
    expect(answer).toEqual({ status: "accepted" });
    expect(await namesOf(scene, taken.email)).toEqual(["account-exists"]);
  });

  test("that got an account meanwhile is a conflict, and everything stays", async ({ scene }) => {
    const { caller, user, email } = await buildProved(scene);
    const newEmail = freshAddress();
    await caller.auth.requestEmailChange({ newEmail, currentPassword: password });
    const token = await tokenTo(scene, newEmail, "change-email");
    await anybody(scene).register({ email: newEmail, name: "Somebody", password });
    const head = await scene.head(`user:${user.id}`);
    await expect(anybody(scene).confirmEmailChange({ token })).rejects.toMatchObject(refusal("conflict"));
    expect(await scene.head(`user:${user.id}`)).toBe(head);
    expect((await caller.auth.me({})).user.email).toBe(email);
  });

  test("links that were sent to the address before are void", async ({ scene }) => {
    const { email, caller } = await buildProved(scene);
    const reset = await resetToken(scene, email);
    const newEmail = freshAddress();
    await caller.auth.requestEmailChange({ newEmail, currentPassword: password });
    await anybody(scene).confirmEmailChange({ token: await tokenTo(scene, newEmail, "change-email") });
    await expect(anybody(scene).resetPassword({ token: reset, newPassword })).rejects.toMatchObject(
      refusal("auth.invalid"),
    );
  });

  test("asked for by somebody who is thrown out by a new password, does not come about", async ({ scene }) => {
    const { email, caller } = await buildProved(scene);
    const newEmail = freshAddress();
    await caller.auth.requestEmailChange({ newEmail, currentPassword: password });
    const token = await tokenTo(scene, newEmail, "change-email");
    await anybody(scene).resetPassword({ token: await resetToken(scene, email), newPassword });
    await expect(anybody(scene).confirmEmailChange({ token })).rejects.toMatchObject(refusal("auth.invalid"));
  });

  test.for([
    ["a wrong password", { currentPassword: "not the password" }],
    ["no password", { currentPassword: undefined }],
    ["the address it has", { newEmail: "" }],
    ["what is no address", { newEmail: "nobody" }],
    ["an unknown key", { emailVerifiedAt: "2026-01-01T00:00:00.000Z" }],
  ] as const)("is not asked for with %s", async ([, wrong], { scene }) => {
    const { caller, email } = await buildProved(scene);
    const newEmail = freshAddress();
    const input = { newEmail, currentPassword: password, ...wrong };
    if (input.newEmail === "") input.newEmail = email;
    await expect(caller.auth.requestEmailChange(input)).rejects.toMatchObject({ code: "BAD_REQUEST" });
    expect(await namesOf(scene, newEmail)).toEqual([]);
  });
});
