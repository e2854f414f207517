import { expect } from "vitest";
import { test } from "../../testing/scene.ts";
import { liftSuppression, listSuppressed, suppressAddress } from "./suppressed-address.ts";

test("an operator sees suppressed addresses, and lifts one: audited, and only once", async ({ scene }) => {
  const ctx = scene.ctx(null);
  const { email, userId } = await scene.person();
  await suppressAddress(ctx, email.toUpperCase(), "complaint", "its reader calls our mail abuse");
  await suppressAddress(ctx, "gone@example.test", "bounce", "delivery failed: 5.1.1");
  expect(await listSuppressed(ctx, 10)).toMatchObject([
    { address: "gone@example.test", reason: "bounce", detail: "delivery failed: 5.1.1" },
    { address: email, reason: "complaint" },
  ]);

  await liftSuppression(ctx, email.toUpperCase());

  expect((await listSuppressed(ctx, 10)).map(({ address }) => address)).toEqual(["gone@example.test"]);
  const audited = await scene.app.sql.query(
    `select action, before ->> 'reason' as reason, actor_id as "actorId" from auth.audit_entries where subject_id = $1`,
    [userId],
  );
  expect(audited).toEqual([{ action: "mail.suppression-lifted", reason: "complaint", actorId: null }]);
  await expect(liftSuppression(ctx, email)).rejects.toMatchObject({ code: "not-found" });
});
