import { expect } from "vitest";
import { buildAccount, test } from "../../testing/accounts.ts";
import { refusal } from "../../testing/scene.ts";
import { authenticateToken } from "./authenticate.ts";
import { removeExpiredTokens } from "./revoke-api-token.ts";

test("an access token goes alone: its session goes on", async ({ scene }) => {
  const { accessToken, refreshToken, caller, user } = await buildAccount(scene);
  const anonymous = scene.caller(null);
  await authenticateToken(scene.app, accessToken);

  expect(await anonymous.auth.revokeToken({ token: accessToken })).toEqual({ revoked: true });
  expect(await anonymous.auth.revokeToken({ token: accessToken })).toEqual({ revoked: true });

  await expect(authenticateToken(scene.app, accessToken)).rejects.toMatchObject({ code: "auth.invalid" });
  const next = await anonymous.auth.refresh({ refreshToken: refreshToken as string });
  expect(await authenticateToken(scene.app, next.accessToken)).toMatchObject({ userId: user.id });
  const { items } = await caller.audit.mine({ actions: ["access-token.revoked"] });
  expect(items.length).toBeGreaterThan(0);
});

test("with a refresh token its session goes", async ({ scene }) => {
  const { accessToken, refreshToken } = await buildAccount(scene);
  await scene.caller(null).auth.revokeToken({ token: refreshToken as string });
  await expect(authenticateToken(scene.app, accessToken)).rejects.toMatchObject({ code: "auth.invalid" });
  const refresh = scene.caller(null).auth.refresh({ refreshToken: refreshToken as string });
  await expect(refresh).rejects.toMatchObject(refusal("auth.invalid"));
});

test("an API token goes for whoever holds it", async ({ scene }) => {
  const { caller, actor } = await buildAccount(scene);
  const { token } = await caller.apiTokens.create({ name: "Leaked", scopes: ["account"] });
  await scene.expectLaw([[`user:${actor.userId}`, actor]], () => scene.caller(null).auth.revokeToken({ token }));
  await expect(authenticateToken(scene.app, token)).rejects.toMatchObject({ code: "auth.invalid" });
  expect((await caller.apiTokens.list({})).items).toEqual([]);
});

test.for(["no token", "twr_none", `twp_${"0".repeat(49)}`, "a.b.c"])("%s is no failure", async (token, { scene }) => {
  expect(await scene.caller(null).auth.revokeToken({ token })).toEqual({ revoked: true });
});

test("what was revoked is forgotten when it would have expired", async ({ scene }) => {
  const { accessToken } = await buildAccount(scene);
  await scene.caller(null).auth.revokeToken({ token: accessToken });
  const count = async () => (await scene.app.sql.query("select from auth.revoked_tokens")).length;
  const before = await count();
  await removeExpiredTokens(scene.ctx(null));
  expect(await count()).toBe(before);
  await scene.app.sql.query("update auth.revoked_tokens set expires_at = now() - interval '1 second'");
  await removeExpiredTokens(scene.ctx(null));
  expect(await count()).toBe(0);
});
