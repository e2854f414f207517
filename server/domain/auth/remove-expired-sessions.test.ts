import { expect } from "vitest";
import { buildAccount, buildSession, test } from "../../testing/accounts.ts";
import { removeExpiredSessions } from "./remove-expired-sessions.ts";

test("expired sessions are removed, each with its change, and the others stay", async ({ scene }) => {
  const { actor, email, user, session } = await buildAccount(scene);
  const expired = await buildSession(scene, email);
  await scene.app.sql.query("update auth.sessions set expires_at = now() - interval '1 s' where id = $1", [
    expired.session.id,
  ]);

  const removed = await scene.expectLaw([[`user:${user.id}`, actor]], async () =>
    removeExpiredSessions(scene.ctx(null)),
  );

  expect(removed).toBe(1);
  expect((await scene.changes(`user:${user.id}`)).at(-1)).toMatchObject({
    type: "session.ended",
    actorId: null,
    entityId: expired.session.id,
  });
  expect(await scene.app.sessions.isAlive(session.id)).toBe(true);
  expect(await removeExpiredSessions(scene.ctx(null))).toBe(0);
});

test("more than one batch are removed in one call", async ({ scene }) => {
  const { user } = await buildAccount(scene);
  await scene.app.sql.query(
    `insert into auth.sessions (token_hash, id, user_id, expires_at, ip, user_agent, created_at, last_used_at)
    select n, gen_random_uuid(), $1, now() - interval '1 s', '', '', now(), now() from generate_series(1, 1001) n`,
    [user.id],
  );
  expect(await removeExpiredSessions(scene.ctx(null))).toBe(1001);
});
