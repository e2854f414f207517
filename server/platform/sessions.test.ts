import { describe, expect, onTestFinished, vi } from "vitest";
import { buildAccount, test } from "../testing/accounts.ts";
import type { Scene } from "../testing/scene.ts";
import { createFeedHub } from "./feed-hub.ts";
import { createSessions, sessionsAlive } from "./sessions.ts";

test("only sessions that are there, not expired and of an enabled account are alive", async ({ scene }) => {
  const { sql } = scene.app;
  const [alive, expired, disabled] = [await buildAccount(scene), await buildAccount(scene), await buildAccount(scene)];
  await sql.query("update auth.sessions set expires_at = now() where id = $1", [expired.session.id]);
  await sql.query("update auth.users set disabled_at = now() where id = $1", [disabled.user.id]);
  const ids = [alive, expired, disabled].map((account) => account.session.id);

  expect(await sessionsAlive(sql, [...ids, crypto.randomUUID()])).toEqual(
    new Map([[alive.session.id, expect.objectContaining({ scopes: null, userId: alive.user.id })]]),
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

/** Sessions whose answers are a second old, so that they rest on what ends. */
async function oldAnswers(scene: Scene, ids: readonly string[]) {
  let pause = 0;
  const now = performance.now.bind(performance);
  vi.spyOn(performance, "now").mockImplementation(() => now() + pause);
  const { pool } = scene.app.database;
  const sent: string[] = [];
  const counting = new Proxy(pool, {
    get(_, name) {
      if (name === "query")
        return (statement: { name: string }, ...more: []) => {
          sent.push(statement.name);
          return pool.query(statement as never, ...more);
        };
      const value = Reflect.get(pool, name);
      return typeof value === "function" ? value.bind(pool) : value;
    },
  });
  const sessions = createSessions(counting, createFeedHub());
  onTestFinished(() => sessions.close());
  const ask = () => Promise.all(ids.map((id) => sessions.isAlive(id)));
  expect(await ask()).toEqual(ids.map(() => true));
  const later = (ms = 1_100) => {
    pause += ms;
    sent.length = 0;
  };
  later();
  return { ask, later, sent, sessions };
}

describe("a session that is remembered", () => {
  test("is not asked for again while nothing ended; one statement a second tells that for all", async ({ scene }) => {
    const accounts = await Promise.all(Array.from({ length: 5 }, () => buildAccount(scene)));
    const { ask, later, sent } = await oldAnswers(
      scene,
      accounts.map(({ session }) => session.id),
    );
    expect(await ask()).toEqual(accounts.map(() => true));
    expect(sent).toEqual(["session-ends.read"]);
    later();
    expect(await ask()).toEqual(accounts.map(() => true));
    expect(sent).toEqual(["session-ends.read"]);
  });

  test.for([
    ["is deleted by hand", "delete from auth.sessions where id = $1"],
    ["is made to end sooner", "update auth.sessions set expires_at = now() where id = $1"],
    [
      "is of an account that is disabled",
      "update auth.users set disabled_at = now() where id = (select user_id from auth.sessions where id = $1)",
    ],
    [
      "is of an account that is deleted",
      "delete from auth.users where id = (select user_id from auth.sessions where id = $1)",
    ],
  ] as const)("ends within a second when it %s, though nobody told", async ([, statement], { scene }) => {
    const [gone, other] = [await buildAccount(scene), await buildAccount(scene)];
    const { ask, later } = await oldAnswers(scene, [gone.session.id, other.session.id]);
    expect(await ask()).toEqual([true, true]);
    await scene.app.sql.query(statement, [gone.session.id]);
    later();
    expect(await ask()).toEqual([false, true]);
    later();
    expect(await ask()).toEqual([false, true]);
  });

  test("is asked for anew when its time is over", async ({ scene }) => {
    const { session } = await buildAccount(scene);
    await scene.app.sql.query("update auth.sessions set expires_at = now() + interval '90 s' where id = $1", [
      session.id,
    ]);
    const { ask, later, sent } = await oldAnswers(scene, [session.id]);
    expect(await ask()).toEqual([true]);
    later(90_000);
    await ask();
    expect(sent).toEqual(["sessions.alive"]);
  });

  test("ends whose transaction began long before it ended are seen", async ({ scene }) => {
    const { session } = await buildAccount(scene);
    const connection = await scene.app.database.pool.connect();
    try {
      await connection.query("begin");
      await connection.query("delete from auth.sessions where id = $1", [session.id]);
      const { ask, later } = await oldAnswers(scene, [session.id]);
      expect(await ask()).toEqual([true]);
      await connection.query("commit");
      later();
      expect(await ask()).toEqual([false]);
    } finally {
      connection.release();
    }
  });

  test("with other scopes is asked for anew", async ({ scene }) => {
    const { organization, owner } = await scene.organization();
    const { serviceAccount } = await scene.caller(owner).serviceAccounts.create({
      ...{ organizationId: organization.id, name: "Program", role: "guest", scopes: ["task.read"] },
    });
    const secret = serviceAccount.secrets[0]!;
    const { later, sessions } = await oldAnswers(scene, [secret.id]);
    await scene.caller(owner).serviceAccounts.update({ serviceAccountId: serviceAccount.id, scopes: ["task.create"] });
    later();
    expect(await sessions.find(secret.id)).toMatchObject({ scopes: ["task.create"] });
    await scene.caller(owner).serviceAccounts.delete({ serviceAccountId: serviceAccount.id });
    later();
    expect(await sessions.find(secret.id)).toBeNull();
  });

  test("is not believed where what ended cannot be read", async ({ scene }) => {
    const { session } = await buildAccount(scene);
    const { ask } = await oldAnswers(scene, [session.id]);
    await scene.app.sql.query("alter table auth.ends rename to ends_away");
    try {
      await expect(ask()).rejects.toThrow("auth.ends");
    } finally {
      await scene.app.sql.query("alter table auth.ends_away rename to ends");
    }
    expect(await ask()).toEqual([true]);
  });
});
