import { expect } from "vitest";
import { test } from "../server/testing/scene.ts";
import { cleanUp } from "./clean-up.ts";
import type { JobMeta } from "./job.ts";

test("old mail is forgotten, and mail that may still come back is not", async ({ scene }) => {
  const { sql } = scene.app;
  await sql.query(
    `insert into notifications.sent_letters (code, letter, address, state, created_at)
     select 'letter-' || days, 'notification', 'a@example.test', 'sending', now() - make_interval(days => days)
     from unnest(array[1, 89, 91, 400]) as days`,
  );
  await sql.query(
    `insert into notifications.received_mail (hash, outcome, received_at)
     select 'mail-' || days, 'commented', now() - make_interval(days => days) from unnest(array[1, 91]) as days`,
  );
  await cleanUp.job.handle(scene.ctx(null), { dueAt: new Date().toISOString() }, {} as JobMeta);
  expect(await sql.query("select code from notifications.sent_letters order by code")).toEqual([
    { code: "letter-1" },
    { code: "letter-89" },
  ]);
  expect(await sql.query("select hash from notifications.received_mail")).toEqual([{ hash: "mail-1" }]);
});
