import { TOTP } from "otpauth";
import { describe, expect, onTestFinished } from "vitest";
import { type Account, buildAccount, password, signInByCookie, test } from "../../testing/accounts.ts";
import { openTestApp } from "../../testing/app.ts";
import { refusal, Scene } from "../../testing/scene.ts";

/** What an authenticator app shows now, or `steps` of thirty seconds later. */
const codeOf = (secret: string, steps = 0) => new TOTP({ secret }).generate({ timestamp: Date.now() + steps * 30_000 });

/** Time steps that were accepted are forgotten, as if time had passed. */
const letTimePass = (scene: Scene) => scene.app.sql.query("update auth.totp set last_step = 0");

interface Protected extends Account {
  readonly secret: string;
  readonly recoveryCodes: string[];
}

async function buildProtected(scene: Scene): Promise<Protected> {
  const account = await buildAccount(scene);
  const { secret } = await account.caller.totp.begin({ currentPassword: password });
  const { recoveryCodes, user } = await account.caller.totp.confirm({ code: codeOf(secret) });
  await letTimePass(scene);
  return { ...account, user, secret, recoveryCodes };
}

/** The challenge of a first step that was right. */
async function challengeOf(scene: Scene, email: string): Promise<string> {
  const refused = await scene
    .caller(null)
    .auth.signIn({ email, password })
    .catch((error) => error.cause);
  expect(refused).toMatchObject({ code: "auth.required", details: { rule: "second-factor" } });
  return refused.details.challenge;
}
const complete = (scene: Scene, challenge: string, code: string) =>
  scene.caller(null).auth.completeSignIn({ challenge, code });
const typesOn = async (scene: Scene, userId: string) => (await scene.changes(`user:${userId}`)).map(({ type }) => type);

describe("turning the second factor on", () => {
  test("takes a code of the app, answers recovery codes, and tells the person's channel", async ({ scene }) => {
    const { caller, actor, email } = await buildAccount(scene);
    const { secret, uri } = await caller.totp.begin({ currentPassword: password });
    expect(uri).toBe(
      `otpauth://totp/Taskwire:${encodeURIComponent(email)}?issuer=Taskwire&secret=${secret}&algorithm=SHA1&digits=6&period=30`,
    );
    const before = await scene.snapshot(actor, `user:${actor.userId}`);
    expect(JSON.stringify(before.toJSON())).not.toContain(secret);

    const { user, recoveryCodes } = await scene.expectLaw([[`user:${actor.userId}`, actor]], () =>
      caller.totp.confirm({ code: codeOf(secret) }),
    );

    expect(user).toMatchObject({ twoFactorSince: expect.any(String), recoveryCodesLeft: 10 });
    expect(new Set(recoveryCodes).size).toBe(10);
    for (const code of recoveryCodes) expect(code).toMatch(/^([A-Z2-7]{4}-){3}[A-Z2-7]{4}$/);
    expect((await scene.changes(`user:${user.id}`)).at(-1)).toMatchObject({
      type: "user.two-factor-enabled",
      patch: { twoFactorSince: user.twoFactorSince, recoveryCodesLeft: 10 },
    });
  });

  test("keeps neither the secret nor a recovery code as it is", async ({ scene }) => {
    const { secret, recoveryCodes } = await buildProtected(scene);
    const [{ everything }] = (await scene.app.sql.query(
      `select concat((select json_agg(t) from auth.totp t), (select json_agg(r) from auth.recovery_codes r),
        (select json_agg(c) from feed.changes c), (select json_agg(m) from feed.mutations m),
        (select json_agg(a) from auth.audit_entries a)) as everything`,
    )) as [{ everything: string }];
    for (const text of [secret, ...recoveryCodes, ...recoveryCodes.map((code) => code.replaceAll("-", ""))])
      expect(everything).not.toContain(text);
  });

  test.for([
    ["a wrong password", { currentPassword: "not the password" }, "validation.failed"],
    ["no password", {}, "validation.failed"],
  ] as const)("with %s is refused", async ([, input, code], { scene }) => {
    const { caller, actor } = await buildAccount(scene);
    await expect(caller.totp.begin(input)).rejects.toMatchObject(refusal(code));
    expect(await scene.app.sql.query("select from auth.totp where user_id = $1", [actor.userId])).toEqual([]);
  });

  test("begun anew, counts with the newer secret only", async ({ scene }) => {
    const { caller } = await buildAccount(scene);
    const first = await caller.totp.begin({ currentPassword: password });
    const second = await caller.totp.begin({ currentPassword: password });
    await expect(caller.totp.confirm({ code: codeOf(first.secret) })).rejects.toMatchObject(refusal("auth.invalid"));
    expect(await caller.totp.confirm({ code: codeOf(second.secret) })).toMatchObject({
      user: { recoveryCodesLeft: 10 },
    });
  });

  test("an account without a password needs a recent sign-in", async ({ scene }) => {
    const { caller, actor } = await buildAccount(scene);
    await scene.app.sql.query("update auth.users set password_hash = null where id = $1", [actor.userId]);
    expect(await caller.totp.begin({})).toMatchObject({ secret: expect.any(String) });
    await scene.app.sql.query("update auth.sessions set created_at = now() - interval '16 minutes' where id = $1", [
      actor.sessionId,
    ]);
    await expect(caller.totp.begin({})).rejects.toMatchObject({
      cause: { code: "auth.required", details: { rule: "recent-sign-in" } },
    });
  });

  test("what is on cannot be begun, confirmed or lost by either", async ({ scene }) => {
    const { caller, secret, email } = await buildProtected(scene);
    const enabled = { cause: { code: "rule.broken", details: { rule: "totp.enabled" } } };
    await expect(caller.totp.begin({ currentPassword: password })).rejects.toMatchObject(enabled);
    await expect(caller.totp.confirm({ code: codeOf(secret) })).rejects.toMatchObject(enabled);
    const challenge = await challengeOf(scene, email);
    expect(await complete(scene, challenge, codeOf(secret))).toMatchObject({ user: { email } });
  });

  test("what was not begun cannot be confirmed", async ({ scene }) => {
    const { caller } = await buildAccount(scene);
    await expect(caller.totp.confirm({ code: "123456" })).rejects.toMatchObject(refusal("auth.invalid"));
  });
});

describe("a sign-in with a second factor", () => {
  test("takes two steps, and the first one starts no session", async ({ scene }) => {
    const { email, user, actor, secret } = await buildProtected(scene);
    const before = await typesOn(scene, user.id);

    const challenge = await challengeOf(scene, email);
    expect(await typesOn(scene, user.id)).toEqual(before);
    const signedIn = await scene.expectLaw([[`user:${user.id}`, actor]], () =>
      complete(scene, challenge, codeOf(secret)),
    );

    expect(signedIn).toMatchObject({ user, refreshToken: expect.stringMatching(/^twr_/), csrfToken: null });
    expect(await scene.app.tokens.verify(signedIn.accessToken)).toMatchObject({ sessionId: signedIn.session.id });
    expect(await typesOn(scene, user.id)).toEqual([...before, "session.started"]);
  });

  test("by login, too: the first step is refused with a challenge, the second one answers two tokens", async ({
    scene,
  }) => {
    const { email, secret, user } = await buildProtected(scene);
    const anybody = scene.caller(null);
    const { details } = await anybody.auth.login({ username: email, password }).catch((error) => error.cause);
    const tokens = await anybody.auth.completeLogin({ challenge: details.challenge, code: codeOf(secret) });
    expect(Object.keys(tokens)).toEqual(["access", "refresh"]);
    expect(await scene.app.tokens.verify(tokens.access)).toMatchObject({ userId: user.id });
  });

  test("keeps the session where the first step said: in a cookie", async ({ scene }) => {
    const { email, secret } = await buildProtected(scene);
    const { details } = await signInByCookie(scene, { email, password }).catch((error) => error);
    const challenge = { challenge: details.challenge, code: codeOf(secret) };
    const signedIn = await scene.caller(null).auth.completeSignIn(challenge);
    expect(signedIn).toMatchObject({ refreshToken: null, csrfToken: expect.any(String) });
  });

  test("accepts a code once, also for another challenge, and none older than the last", async ({ scene }) => {
    const { email, secret } = await buildProtected(scene);
    const [first, second, third] = [
      await challengeOf(scene, email),
      await challengeOf(scene, email),
      await challengeOf(scene, email),
    ];
    const code = codeOf(secret);
    await complete(scene, first, code);
    await expect(complete(scene, second, code)).rejects.toMatchObject(refusal("auth.invalid"));
    await expect(complete(scene, second, codeOf(secret, -1))).rejects.toMatchObject(refusal("auth.invalid"));
    await expect(complete(scene, first, codeOf(secret, 1))).rejects.toMatchObject(refusal("auth.invalid")); // redeemed
    expect(await complete(scene, third, codeOf(secret, 1))).toMatchObject({ user: { email } });
  });

  test.for([-1, 0, 1])("accepts the code of a clock that is %i steps ahead", async (steps, { scene }) => {
    const { email, secret } = await buildProtected(scene);
    const challenge = await challengeOf(scene, email);
    expect(await complete(scene, challenge, codeOf(secret, steps))).toMatchObject({ user: { email } });
  });

  test("of ten with one code at once starts one session", async ({ scene }) => {
    const { email, secret, user } = await buildProtected(scene);
    const challenges = await Promise.all(Array.from({ length: 10 }, () => challengeOf(scene, email)));
    const code = codeOf(secret);
    const before = (await typesOn(scene, user.id)).length;
    const tries = await Promise.allSettled(challenges.map((challenge) => complete(scene, challenge, code)));
    expect(tries.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(await typesOn(scene, user.id)).toHaveLength(before + 1);
  });

  test.for([
    ["a wrong code", (account: Protected) => (codeOf(account.secret) === "000000" ? "000001" : "000000")],
    ["a code from too far in the future", (account: Protected) => codeOf(account.secret, 20)],
    ["another person's recovery code", (_: Protected, other: Protected) => other.recoveryCodes[0] as string],
    ["words", () => "let me in"],
    ["nothing", () => ""],
  ] as const)("with %s is refused, and told of in the audit log", async ([, make], { scene }) => {
    const account = await buildProtected(scene);
    const code = make(account, await buildProtected(scene));
    const challenge = await challengeOf(scene, account.email);
    await expect(complete(scene, challenge, code)).rejects.toMatchObject(refusal("auth.invalid"));
    const { items } = await account.caller.audit.mine({ actions: ["second-factor.failed"] });
    expect(items).toMatchObject([{ subjectId: account.user.id, actorId: null }]);
  });

  test("ends its challenge after five tries", async ({ scene }) => {
    const { email, secret } = await buildProtected(scene);
    const challenge = await challengeOf(scene, email);
    for (let tries = 0; tries < 5; tries += 1)
      await expect(complete(scene, challenge, "ABCD-EFGH")).rejects.toMatchObject(refusal("auth.invalid"));
    await expect(complete(scene, challenge, codeOf(secret))).rejects.toMatchObject(refusal("auth.invalid"));
  });

  test.for([
    ["expired", (scene: Scene) => scene.app.sql.query("update auth.challenges set expires_at = now()")],
    [
      "of a password that was changed meanwhile",
      (_: Scene, { caller }: Protected) =>
        caller.auth.changePassword({ currentPassword: password, newPassword: "quite another one" }),
    ],
    [
      "of an account that was disabled meanwhile",
      (scene: Scene, { user }: Protected) =>
        scene.app.sql.query("update auth.users set disabled_at = now() where id = $1", [user.id]),
    ],
  ] as const)("with a challenge %s is refused", async ([, spoil], { scene }) => {
    const account = await buildProtected(scene);
    const challenge = await challengeOf(scene, account.email);
    await spoil(scene, account);
    await expect(complete(scene, challenge, codeOf(account.secret))).rejects.toMatchObject(refusal("auth.invalid"));
  });

  test("with a wrong password answers as for an account without one", async ({ scene }) => {
    const { email } = await buildProtected(scene);
    const call = scene.caller(null).auth.signIn({ email, password: "not the password" });
    await expect(call).rejects.toMatchObject({ cause: { code: "auth.invalid", details: {} } });
  });
});

describe("recovery codes", () => {
  test("sign in once each, however they are written, and are counted", async ({ scene }) => {
    const { email, user, actor, recoveryCodes } = await buildProtected(scene);
    const [code = "", other = ""] = recoveryCodes;
    const challenge = await challengeOf(scene, email);

    const signedIn = await scene.expectLaw([[`user:${user.id}`, actor]], () =>
      complete(scene, challenge, code.toLowerCase().replaceAll("-", " ")),
    );

    expect(signedIn.user.recoveryCodesLeft).toBe(9);
    expect(await typesOn(scene, user.id)).toContain("user.recovery-code-used");
    await expect(complete(scene, await challengeOf(scene, email), code)).rejects.toMatchObject(refusal("auth.invalid"));
    expect((await complete(scene, await challengeOf(scene, email), other)).user.recoveryCodesLeft).toBe(8);
  });

  test("are replaced with a code of the app, and the old ones are void", async ({ scene }) => {
    const { caller, email, actor, secret, recoveryCodes } = await buildProtected(scene);

    const renewed = await scene.expectLaw([[`user:${actor.userId}`, actor]], () =>
      caller.totp.recoveryCodes({ code: codeOf(secret) }),
    );

    expect(renewed.recoveryCodes.filter((code) => recoveryCodes.includes(code))).toEqual([]);
    const old = complete(scene, await challengeOf(scene, email), recoveryCodes[0] as string);
    await expect(old).rejects.toMatchObject(refusal("auth.invalid"));
    const signedIn = await complete(scene, await challengeOf(scene, email), renewed.recoveryCodes[0] as string);
    expect(signedIn.user.recoveryCodesLeft).toBe(9);
    await expect(caller.totp.recoveryCodes({ code: codeOf(secret) })).rejects.toMatchObject(refusal("auth.invalid"));
  });

  test("are not made by a recovery code, nor without a second factor", async ({ scene }) => {
    const { caller, recoveryCodes } = await buildProtected(scene);
    const call = caller.totp.recoveryCodes({ code: recoveryCodes[0] as string });
    await expect(call).rejects.toMatchObject(refusal("auth.invalid"));
    const { caller: other } = await buildAccount(scene);
    await expect(other.totp.recoveryCodes({ code: "123456" })).rejects.toMatchObject(refusal("rule.broken"));
  });
});

describe("turning the second factor off", () => {
  test.for([
    ["a code of the app", (account: Protected) => codeOf(account.secret)],
    ["a recovery code", (account: Protected) => account.recoveryCodes[3] as string],
  ] as const)("takes the password and %s; then one step is enough", async ([, make], { scene }) => {
    const account = await buildProtected(scene);
    const { caller, actor, email } = account;
    const challenge = await challengeOf(scene, email);

    const user = await scene.expectLaw([[`user:${actor.userId}`, actor]], () =>
      caller.totp.disable({ currentPassword: password, code: make(account) }),
    );

    expect(user).toMatchObject({ twoFactorSince: null, recoveryCodesLeft: 0 });
    expect(await scene.caller(null).auth.signIn({ email, password })).toMatchObject({ user });
    await expect(complete(scene, challenge, codeOf(account.secret))).rejects.toMatchObject(refusal("auth.invalid"));
    const again = caller.totp.disable({ currentPassword: password, code: codeOf(account.secret) });
    await expect(again).rejects.toMatchObject(refusal("rule.broken"));
  });

  test.for([
    ["a wrong password", { currentPassword: "not the password" }, "validation.failed"],
    ["a wrong code", { code: "ABCD" }, "auth.invalid"],
  ] as const)("with %s is refused, and it stays on", async ([, wrong, code], { scene }) => {
    const { caller, secret, email } = await buildProtected(scene);
    const call = caller.totp.disable({ currentPassword: password, code: codeOf(secret), ...wrong });
    await expect(call).rejects.toMatchObject(refusal(code));
    await challengeOf(scene, email);
  });
});

describe("the keys that seal secrets", () => {
  test("can be replaced while the old ones are configured", async ({ scene }) => {
    const { email, secret } = await buildProtected(scene);
    const [oldKey, newKey] = ["o".repeat(32), "n".repeat(32)];
    const withKeys = (...SECRETS_KEYS: string[]) =>
      new Scene({ ...scene.app, config: { ...scene.app.config, SECRETS_KEYS } });
    const kept = async () => {
      await letTimePass(scene);
      return withKeys(newKey);
    };

    // Sealed with the signing key, and from the first code on with the new key.
    await complete(withKeys(oldKey), await challengeOf(scene, email), codeOf(secret));
    await letTimePass(scene);
    const lost = complete(withKeys(newKey), await challengeOf(scene, email), codeOf(secret));
    await expect(lost).rejects.toMatchObject(refusal("auth.invalid"));
    await complete(withKeys(newKey, oldKey), await challengeOf(scene, email), codeOf(secret));
    const alone = await kept();
    expect(await complete(alone, await challengeOf(scene, email), codeOf(secret))).toMatchObject({ user: { email } });
  });
});

test("guessing codes is limited per account, with recovery codes apart", async () => {
  const { app, close } = await openTestApp({ AUTH_LIMIT_PER_MINUTE: "3" });
  onTestFinished(close);
  const scene = new Scene(app);
  const { email, recoveryCodes } = await buildProtected(scene);
  const guess = async () => complete(scene, await challengeOf(scene, email), "000000");
  for (let tries = 0; tries < 3; tries += 1) await expect(guess()).rejects.toMatchObject(refusal("auth.invalid"));
  await expect(guess()).rejects.toMatchObject(refusal("rate-limited"));
  expect(await complete(scene, await challengeOf(scene, email), recoveryCodes[0] as string)).toMatchObject({
    user: { email },
  });
});
