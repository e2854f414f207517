import { expect } from "vitest";
import { buildAccount, test } from "../testing/accounts.ts";
import { createSessions, sessionsAlive } from "./sessions.ts";

test("only sessions that are there, not expired and of an enabled account are alive", async ({ scene }) => {
  const { sql } = scene.app;
  const [alive, expired, disabled] = [await buildAccount(scene), await buildAccount(scene), await buildAccount(scene)];
  await sql.query("update auth.sessions set expires_at = now() where id = $1", [expired.session.id]);
  await sql.query("update auth.users set disabled_at = now() where id = $1", [disabled.user.id]);
  const ids = [alive, expired, disabled].map((account) => account.session.id);

  expect(await sessionsAlive(sql, [...ids, crypto.randomUUID()])).toEqual(
    new Map([[alive.session.id, { scopes: null }]]),
  );
  expect(await sessionsAlive(sql, [])).toEqual(new Map());
});

test("an end that is published while a look-up is under way is not forgotten", async ({ scene }) => {
  const { session, caller } = await buildAccount(scene);
  const asked = scene.app.sessions.isAlive(session.id);
  await caller.auth.signOut({});
  await asked;
  expect(await scene.app.sessions.isAlive(session.id)).toBe(false);
});

test("asking often costs one statement a second, and asking for many at once one for all", async ({ scene }) => {
  const accounts = await Promise.all(Array.from({ length: 5 }, () => buildAccount(scene)));
  let statements = 0;
  const counting = new Proxy(scene.app.database.pool, {
    get(pool, name) {
      if (name === "query") statements += 1;
      const value = Reflect.get(pool, name);
      return typeof value === "function" ? value.bind(pool) : value;
    },
  });
  const sessions = createSessions(counting, scene.app.hub);

  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, at) => sessions.isAlive(accounts[at % accounts.length]!.session.id)),
  );

  expect(answers.every(Boolean)).toBe(true);
  expect(statements).toBe(1);
  sessions.close();
});
