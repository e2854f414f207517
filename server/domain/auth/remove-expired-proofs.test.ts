import { expect } from "vitest";
import { buildAccount, test } from "../../testing/accounts.ts";
import { tokenTo } from "../../testing/letters.ts";
import { removeExpiredProofs } from "./remove-expired-proofs.ts";

test("what nobody can prove anything with goes, the rest stays", async ({ scene }) => {
  const { user, email } = await buildAccount(scene);
  const expired = await buildAccount(scene);
  const kept = (table: string) => scene.app.sql.query(`select from auth.${table}`);
  for (const at of ["-1 s", "1 hour"])
    await scene.app.sql.query(
      `with codes as (insert into auth.exchange_codes (code_hash, challenge, identity, expires_at)
        values ($1::text, '', '{}', now() + $1::text::interval))
      insert into auth.challenges (token_hash, user_id, cookie, expires_at) values ($1::text, $2, false, now() + $1::text::interval)`,
      [at, user.id],
    );
  await scene.app.sql.query("update auth.mail_proofs set expires_at = now() where user_id = $1", [expired.user.id]);

  await removeExpiredProofs(scene.ctx(null));

  expect([await kept("exchange_codes"), await kept("challenges"), await kept("mail_proofs")]).toEqual([
    [{}],
    [{}],
    [{}],
  ]);
  const token = await tokenTo(scene, email, "verify-email");
  expect(await scene.caller(null).auth.verifyEmail({ token })).toEqual({ email });
});
