import { describe, expect } from "vitest";
import { buildAccount, buildSession, password, test } from "../../testing/accounts.ts";
import { refusal } from "../../testing/scene.ts";

const newPassword = "quite another one";

describe("changing the password", () => {
  test("ends all other sessions and tells the person's channel", async ({ scene }) => {
    const { caller, actor, email, user, session } = await buildAccount(scene);
    const other = await buildSession(scene, email);

    const changed = await scene.expectLaw([[`user:${actor.userId}`, actor]], () =>
      caller.auth.changePassword({ currentPassword: password, newPassword }),
    );

    expect(changed).toEqual({ ...user, version: 2, updatedAt: expect.any(String) });
    expect(await scene.app.sessions.isAlive(other.session.id)).toBe(false);
    expect(await scene.app.sessions.isAlive(session.id)).toBe(true);
    const changes = (await scene.changes(`user:${user.id}`)).slice(-2);
    expect(changes.map(({ type, actorId }) => ({ type, actorId }))).toEqual([
      { type: "session.ended", actorId: user.id },
      { type: "user.password-changed", actorId: user.id },
    ]);
    await expect(scene.caller(null).auth.signIn({ email, password })).rejects.toMatchObject(refusal("auth.invalid"));
    expect(await scene.caller(null).auth.signIn({ email, password: newPassword })).toMatchObject({ user: changed });
  });

  test("sent again answers the same, and leaves no trace of the passwords", async ({ scene }) => {
    const { caller, user } = await buildAccount(scene);
    const change = { currentPassword: password, newPassword, mutationId: crypto.randomUUID() };
    const first = await caller.auth.changePassword(change);
    const head = await scene.head(`user:${user.id}`);

    expect(await caller.auth.changePassword(change)).toEqual(first);

    expect(await scene.head(`user:${user.id}`)).toBe(head);
    // A stored hash of the request would be a fast hash of both passwords.
    expect(await scene.app.sql.query("select from feed.mutations where actor_id = $1", [user.id])).toEqual([]);
  });

  test("two at once: one takes place", async ({ scene }) => {
    const { caller } = await buildAccount(scene);
    const changes = await Promise.allSettled([
      caller.auth.changePassword({ currentPassword: password, newPassword: "the first of two" }),
      caller.auth.changePassword({ currentPassword: password, newPassword: "the other of two" }),
    ]);
    expect(changes.filter((change) => change.status === "fulfilled")).toHaveLength(1);
  });

  test.for([
    ["a wrong current password", { currentPassword: "not the password" }, "currentPassword"],
    ["the same password again", { newPassword: password }, "newPassword"],
    ["a common password", { newPassword: "password123" }, "newPassword"],
    ["one's own name", { newPassword: "Ada Lovelace" }, "newPassword"],
  ] as const)("%s is refused and changes nothing", async ([, wrong, path], { scene }) => {
    const { caller, user, email } = await buildAccount(scene);
    const other = await buildSession(scene, email);
    const head = await scene.head(`user:${user.id}`);

    const call = caller.auth.changePassword({ currentPassword: password, newPassword, ...wrong });

    await expect(call).rejects.toMatchObject({
      cause: { code: "validation.failed", details: { issues: [{ path: [path] }] } },
    });
    expect(await scene.head(`user:${user.id}`)).toBe(head);
    expect(await scene.app.sessions.isAlive(other.session.id)).toBe(true);
  });
});
