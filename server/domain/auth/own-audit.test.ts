import { expect } from "vitest";
import { buildAccount, buildSession, password, test } from "../../testing/accounts.ts";
import { refusal } from "../../testing/scene.ts";

test("one reads what happened to one's account, and nobody else's", async ({ scene }) => {
  const account = await buildAccount(scene);
  const other = await buildAccount(scene);
  const anonymous = scene.caller(null);
  await expect(anonymous.auth.signIn({ email: account.email, password: "wrong" })).rejects.toMatchObject(
    refusal("auth.invalid"),
  );
  const second = await buildSession(scene, account.email);
  await account.caller.auth.revokeSession({ sessionId: second.session.id });
  await account.caller.auth.changePassword({ currentPassword: password, newPassword: "another horse battery" });

  const { items } = await account.caller.audit.mine({});

  expect(items.map(({ action }) => action)).toEqual([
    "user.password-changed",
    "session.ended",
    "session.started",
    "sign-in.failed",
    "session.started",
    "user.registered",
  ]);
  expect(items[3]).toMatchObject({ actorId: null, subjectId: account.user.id, ip: "127.0.0.1" });
  expect(items[2]).toMatchObject({ actorId: account.user.id, after: { userAgent: "vitest" } });
  expect((await other.caller.audit.mine({ actions: ["sign-in.failed"] })).items).toEqual([]);
});

test("a stolen refresh token is told of", async ({ scene }) => {
  const { caller, refreshToken, email } = await buildAccount(scene);
  const anonymous = scene.caller(null);
  const next = await anonymous.auth.refresh({ refreshToken: refreshToken as string });
  await anonymous.auth.refresh({ refreshToken: next.refreshToken as string });
  await expect(anonymous.auth.refresh({ refreshToken: refreshToken as string })).rejects.toMatchObject(
    refusal("auth.reused"),
  );
  const { caller: again } = await buildSession(scene, email);
  const { items } = await again.audit.mine({ actions: ["refresh-token.reused", "session.ended"] });
  expect(items.map(({ action }) => action).sort()).toEqual(["refresh-token.reused", "session.ended"]);
  expect(caller).toBeDefined();
});

test("a failed sign-in is noted for unknown addresses as for known ones", async ({ scene }) => {
  const count = async () =>
    (
      await scene.app.sql.query<{ n: number }>(
        "select count(*) as n from auth.audit_entries where action = 'sign-in.failed' and subject_id is null",
      )
    )[0]?.n ?? 0;
  const before = await count();
  const attempt = scene.caller(null).auth.signIn({ email: "nobody@example.test", password });
  await expect(attempt).rejects.toMatchObject(refusal("auth.invalid"));
  expect(await count()).toBe(before + 1);
});
