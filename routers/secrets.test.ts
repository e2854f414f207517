import { createHash } from "node:crypto";
import { TOTP } from "otpauth";
import { expect, onTestFinished } from "vitest";
import { createLog } from "../server/platform/log.ts";
import { openTestApp } from "../server/testing/app.ts";
import { tokenTo } from "../server/testing/letters.ts";
import { Scene, test } from "../server/testing/scene.ts";

/** All rows of all tables, as PostgreSQL writes them. */
async function everyRow({ app }: Scene, schemas = "%"): Promise<string> {
  const tables = await app.sql.query<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables
     where schemaname not in ('pg_catalog', 'information_schema') and schemaname like $1`,
    [schemas],
  );
  const rows = await Promise.all(
    tables.map(({ name }) => app.sql.query<{ row: string }>(`select t::text as row from ${name} t`)),
  );
  return rows
    .flat()
    .map(({ row }) => row)
    .join("\n");
}

const hashesOf = (secret: string) =>
  (["hex", "base64", "base64url"] as const).map((encoding) => createHash("sha256").update(secret).digest(encoding));

test("no secret reaches the feed or the log, and none is stored as it is", async () => {
  const lines: string[] = [];
  const opened = await openTestApp();
  onTestFinished(() => opened.close());
  const log = createLog({ LOG_LEVEL: "trace" }, { write: (line) => void lines.push(line) });
  const scene = new Scene({ ...opened.app, log });
  const anybody = scene.caller(null);
  const mutationId = () => crypto.randomUUID();
  const email = "somebody@example.test";
  const chosen = "a password that nobody shall read";
  const replaced = "another password that nobody shall read";
  const forgotten = "one more password that nobody shall read";

  await anybody.auth.register({ email, name: "Somebody", password: chosen, mutationId: mutationId() });
  const first = await anybody.auth.signIn({ email, password: chosen, mutationId: mutationId() });
  const second = await anybody.auth.login({ username: email, password: chosen, mutationId: mutationId() });
  const refreshed = await anybody.auth.refresh({ refreshToken: second.refresh, mutationId: mutationId() });
  const reused = await anybody.auth.refresh({ refreshToken: first.refreshToken as string, mutationId: mutationId() });
  const person = { userId: first.user.id, sessionId: first.session.id };
  const somebody = scene.caller(person);
  await somebody.auth.changePassword({ currentPassword: chosen, newPassword: replaced, mutationId: mutationId() });
  const organization = await somebody.organizations.create({ name: "Ours", mutationId: mutationId() });
  const invitation = await somebody.invitations.create({
    organizationId: organization.id,
    email: "invited@example.test",
    role: "member",
    mutationId: mutationId(),
  });
  const { token } = await somebody.invitations.link({ invitationId: invitation.id });
  await somebody.invitations.resend({ invitationId: invitation.id, mutationId: mutationId() });
  const renewed = await somebody.invitations.link({ invitationId: invitation.id });
  await anybody.auth.signIn({ email, password: "not the password at all" }).catch(() => {});
  await anybody.auth.refresh({ refreshToken: second.refresh }).catch(() => {});

  const { secret: totp } = await somebody.totp.begin({ currentPassword: replaced, mutationId: mutationId() });
  const code = new TOTP({ secret: totp }).generate();
  const { recoveryCodes } = await somebody.totp.confirm({ code, mutationId: mutationId() });
  const challenged = await anybody.auth.login({ username: email, password: replaced }).catch((error) => error.cause);
  const { challenge } = challenged.details;
  const recoveryCode = recoveryCodes[0] as string;
  const third = await anybody.auth.completeLogin({ challenge, code: recoveryCode, mutationId: mutationId() });
  await anybody.auth.requestPasswordReset({ email, mutationId: mutationId() });
  const reset = await tokenTo(scene, email, "reset-password");
  await anybody.auth.resetPassword({ token: reset, newPassword: forgotten, mutationId: mutationId() });

  const secrets = Object.entries({
    chosen,
    replaced,
    wrong: "not the password at all",
    access: first.accessToken,
    refresh: first.refreshToken,
    access2: second.access,
    refresh2: second.refresh,
    access3: refreshed.accessToken,
    refresh3: refreshed.refreshToken,
    refresh4: reused.refreshToken,
    token,
    renewed: renewed.token,
    forgotten,
    totp,
    challenge,
    recoveryCode,
    recoveryCodePlain: recoveryCode.replaceAll("-", ""),
    access4: third.access,
    refresh5: third.refresh,
    reset,
  }) as [string, string][];
  const stored = await everyRow(scene);
  const fed = await everyRow(scene, "feed");
  const logged = lines.join("\n");
  expect(fed).toContain(email); // it did look there
  for (const [name, secret] of secrets) {
    expect(secret.length, name).toBeGreaterThan(10);
    expect(stored.includes(secret), `${name} is stored`).toBe(false);
    expect(logged.includes(secret), `${name} is logged`).toBe(false);
    for (const hash of hashesOf(secret)) expect(fed.includes(hash), `the hash of ${name} is in the feed`).toBe(false);
  }
  expect(fed).not.toContain("$argon2");
  expect(fed).not.toMatch(/token_?hash|password_?hash|salt/i);
});
