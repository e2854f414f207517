import { expect } from "vitest";
import { buildAccount, buildSession, test } from "../../testing/accounts.ts";
import { refusal } from "../../testing/scene.ts";

test("me is the person and the session of the call", async ({ scene }) => {
  const { caller, user, session } = await buildAccount(scene);
  expect(await caller.auth.me({})).toEqual({ user, session });
});

test("sessions are one's own that live, the latest first, page by page", async ({ scene }) => {
  const { caller, session, email } = await buildAccount(scene);
  await buildAccount(scene);
  const second = await buildSession(scene, email);
  const third = await buildSession(scene, email);
  const expired = await buildSession(scene, email);
  await scene.app.sql.query("update auth.sessions set expires_at = now() where id = $1", [expired.session.id]);

  const page = await caller.auth.sessions({ limit: 2 });
  expect(page).toEqual({ items: [third.session, second.session], nextCursor: second.session.id });
  const rest = await caller.auth.sessions({ limit: 2, cursor: page.nextCursor! });
  expect(rest).toEqual({ items: [session], nextCursor: null });
  await expect(caller.auth.sessions({ cursor: "'" })).rejects.toMatchObject(refusal("validation.failed"));
});
