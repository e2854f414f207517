import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import type { Actor } from "../../context.ts";
import { refusal, type Scene, test } from "../../testing/scene.ts";
import { authenticateToken } from "./authenticate.ts";
import { removeExpiredTokens } from "./revoke-api-token.ts";

async function personWithToken(scene: Scene, scopes = ["account", "task.read"]) {
  const person = await scene.person();
  const caller = scene.caller(person);
  const made = await caller.apiTokens.create({ name: "Script", scopes });
  return { person, caller, ...made };
}
/** Who acts by a token, as a request with it is taken. */
async function byToken(scene: Scene, token: string): Promise<Actor> {
  const { expiresAt: _, ...actor } = await authenticateToken(scene.app, token);
  return actor;
}

test("a token is answered once, and kept as a hash alone", async ({ scene }) => {
  const person = await scene.person();
  const channel = `user:${person.userId}` as const;
  const { apiToken, token } = await scene.expectLaw([[channel, person]], () =>
    scene.caller(person).apiTokens.create({ name: "Import", scopes: ["task.create", "task.read", "task.read"] }),
  );

  expect(token).toMatch(/^twp_[0-9A-Za-z]{49}$/);
  expect(apiToken).toMatchObject({ name: "Import", hint: token.slice(-4), scopes: ["task.read", "task.create"] });
  expect(Date.parse(apiToken.expiresAt) - Date.parse(apiToken.createdAt)).toBe(90 * 86_400_000);
  const rows = await scene.app.sql.query("select * from auth.api_tokens where id = $1", [apiToken.id]);
  const stored = await scene.app.sql.query("select patch::text from feed.changes where channel = $1", [channel]);
  const audited = await scene.app.sql.query("select after::text from auth.audit_entries where target_id = $1", [
    apiToken.id,
  ]);
  expect(rows).toHaveLength(1);
  expect(audited).toHaveLength(1);
  expect(JSON.stringify([rows, stored, audited])).not.toContain(token.slice(4, 40));
});

test("sent again, the mutation answers the same token, which is stored nowhere", async ({ scene }) => {
  const person = await scene.person();
  const input = { name: "Once", scopes: ["account"], mutationId: randomUUID() };
  const first = await scene.caller(person).apiTokens.create(input);
  expect(await scene.caller(person).apiTokens.create(input)).toEqual(first);
  expect((await scene.caller(person).apiTokens.list({})).items).toHaveLength(1);
  const answers = await scene.app.sql.query("select result::text from feed.mutations where actor_id = $1", [
    person.userId,
  ]);
  expect(JSON.stringify(answers)).not.toContain(first.token);
  await expect(scene.caller(person).apiTokens.create({ ...input, name: "Other" })).rejects.toMatchObject(
    refusal("conflict"),
  );
});

test("who comes with it acts for the person, and its use is noted", async ({ scene }) => {
  const { person, caller, apiToken, token } = await personWithToken(scene);
  const actor = await byToken(scene, token);

  expect(actor).toEqual({ userId: person.userId, sessionId: apiToken.id, scopes: ["account", "task.read"] });
  const me = await scene.caller(actor).auth.me({});
  expect(me).toMatchObject({ user: { id: person.userId }, session: { id: apiToken.id } });
  await expect.poll(async () => (await caller.apiTokens.list({})).items[0]?.lastUsedAt).toEqual(expect.any(String));
});

test("revoked, it ends at once, with those that it made", async ({ scene }) => {
  const { person, caller, apiToken, token } = await personWithToken(scene);
  const child = await scene
    .caller(await byToken(scene, token))
    .apiTokens.create({ name: "Child", scopes: ["account"] });
  expect(child.apiToken.parentId).toBe(apiToken.id);
  expect(Date.parse(child.apiToken.expiresAt)).toBeLessThanOrEqual(Date.parse(apiToken.expiresAt));
  await byToken(scene, child.token);

  const { revokedIds } = await scene.expectLaw([[`user:${person.userId}`, person]], () =>
    caller.apiTokens.revoke({ apiTokenId: apiToken.id }),
  );

  expect(revokedIds.sort()).toEqual([apiToken.id, child.apiToken.id].sort());
  for (const ended of [token, child.token]) {
    await expect(byToken(scene, ended)).rejects.toMatchObject({ code: "auth.invalid" });
  }
  await expect(caller.apiTokens.revoke({ apiTokenId: apiToken.id })).rejects.toMatchObject(refusal("not-found"));
});

test("revoked on another node, it ends within a second", async ({ scene }) => {
  const { caller, apiToken, token } = await personWithToken(scene);
  await byToken(scene, token);
  // As another process would have it: nothing is published here.
  await scene.app.sql.query("delete from auth.api_tokens where id = $1", [apiToken.id]);
  const refused = () =>
    byToken(scene, token).then(
      () => null,
      (error) => error.code,
    );
  await expect.poll(refused, { timeout: 5_000, interval: 100 }).toBe("auth.invalid");
  expect((await caller.apiTokens.list({})).items).toEqual([]);
});

test("it ends with its time, and with its owner's account", async ({ scene }) => {
  const { person, token, apiToken } = await personWithToken(scene);
  const other = await personWithToken(scene);
  await scene.app.sql.query("update auth.users set disabled_at = now() where id = $1", [person.userId]);
  await expect(byToken(scene, token)).rejects.toMatchObject({ code: "auth.invalid" });
  await scene.app.sql.query("update auth.api_tokens set expires_at = now() - interval '1 second' where id = $1", [
    other.apiToken.id,
  ]);
  await expect(byToken(scene, other.token)).rejects.toMatchObject({ code: "auth.expired" });

  const days = "update auth.api_tokens set expires_at = now() - make_interval(days => 8) where id = $1";
  await scene.app.sql.query(days, [other.apiToken.id]);
  await scene.expectLaw([[`user:${other.person.userId}`, other.person]], () => removeExpiredTokens(scene.ctx(null)));
  const left = await scene.app.sql.query("select id from auth.api_tokens where id = any($1)", [
    [apiToken.id, other.apiToken.id],
  ]);
  expect(left).toEqual([{ id: apiToken.id }]);
});

test.for<[string, string]>([
  ["nothing", ""],
  ["a text", "twp_hello"],
  ["one that was never made", `twp_${"0".repeat(49)}`],
])("%s is no token", async ([, token], { scene }) => {
  await expect(authenticateToken(scene.app, token)).rejects.toMatchObject({ code: "auth.invalid" });
});

test.for([
  ["no scopes", { scopes: [] }],
  ["scopes that are none", { scopes: ["everything"] }],
  ["a life without end", { scopes: ["account"], expiresInDays: 10_000 }],
])("with %s none is made", async ([, given], { scene }) => {
  const create = scene
    .caller(await scene.person())
    .apiTokens.create({ name: "No", ...(given as { scopes: string[] }) });
  await expect(create).rejects.toMatchObject({ code: "BAD_REQUEST" });
});

test("an account has a hundred at most", async ({ scene }) => {
  const { person, caller } = await personWithToken(scene);
  await scene.app.sql.query(
    `insert into auth.api_tokens (id, user_id, name, token_hash, hint, scopes, expires_at, created_at)
     select gen_random_uuid(), $1, 'x', gen_random_uuid()::text, '', '{account}', now() + interval '1 day', now() from generate_series(1, 99)`,
    [person.userId],
  );
  const create = caller.apiTokens.create({ name: "One more", scopes: ["account"] });
  await expect(create).rejects.toMatchObject({ cause: { code: "rule.broken", details: { rule: "api-token.limit" } } });
});
