import { createPublicKey } from "node:crypto";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test as plain } from "vitest";
import { suppressAddress } from "../server/domain/notifications/suppressed-address.ts";
import { refusal, test } from "../server/testing/scene.ts";
import { withSettings } from "./keys.ts";
import { taskwire } from "./run.fixture.ts";

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "taskwire-cli-"));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

describe("user", () => {
  test("opens an account, gives it another password, and shuts it", async ({ scene }) => {
    const env = { DATABASE_URL: scene.app.config.DATABASE_URL as string, DATA_DIR: folder() };
    const email = "operator@example.test";
    const signIn = (password: string) => scene.caller(null).auth.login({ username: email, password });

    const opened = await taskwire(
      ["user", "create", email, "--name", "Op", "--password-stdin"],
      env,
      "seven green horses\n",
    );
    expect(opened).toMatchObject({ code: 0, stdout: `${email} has an account.\n` });
    await signIn("seven green horses");

    const reset = await taskwire(["user", "reset-password", email], env);
    const password = /The password is (\S+)/.exec(reset.stdout)?.[1] as string;
    await expect(signIn("seven green horses")).rejects.toMatchObject(refusal("auth.invalid"));
    await signIn(password);

    expect(await taskwire(["user", "disable", email], env)).toMatchObject({ code: 0 });
    await expect(signIn(password)).rejects.toMatchObject(refusal("auth.invalid"));
    expect(await taskwire(["user", "enable", email], env)).toMatchObject({ code: 0 });
    await signIn(password);
    const facts =
      "select type from feed.changes where channel = 'user:' || (select id from auth.users where email = $1) order by seq";
    expect((await scene.app.sql.query<{ type: string }>(facts, [email])).map(({ type }) => type)).toEqual([
      "user.registered",
      "session.started",
      "session.ended",
      "user.password-changed",
      "session.started",
      "session.ended",
      "session.started",
    ]);
  });

  test("makes a member an owner, and takes a role back while another owner is there", async ({ scene }) => {
    const env = { DATABASE_URL: scene.app.config.DATABASE_URL as string, DATA_DIR: folder() };
    const { organization } = await scene.organization();
    const person = await scene.person();
    await scene.join(organization.id, person, "guest");
    const to = ["--organization", organization.slug];

    const made = await taskwire(["user", "make-owner", person.email, ...to], env);
    expect(made).toMatchObject({
      code: 0,
      stdout: `${person.email} has the role owner in ${organization.slug}.\n`,
    });
    expect(await taskwire(["user", "role", person.email, "admin", ...to], env)).toMatchObject({ code: 0 });
    const shown = await scene.caller(person).organizations.get({ organizationId: organization.id });
    expect(shown.role).toBe("admin");
  });

  test("says what is wrong", async ({ scene }) => {
    const env = { DATABASE_URL: scene.app.config.DATABASE_URL as string, DATA_DIR: folder() };
    const { email } = await scene.person();
    for (const [args, input, words] of [
      [["create", email, "--name", "Again", "--password-stdin"], "seven green horses", "has an account already"],
      [["create", "nobody", "--name", "No", "--password-stdin"], "seven green horses", "Invalid email"],
      [["create", "new@example.test", "--name", "New", "--password-stdin"], "password1", "most common"],
      [["disable", "unknown@example.test"], "", "no such user"],
      [["create", "new@example.test"], "", "--name"],
    ] as const) {
      const { code, stderr } = await taskwire(["user", ...args], env, input);
      expect([code, stderr]).toEqual([1, expect.stringContaining(words)]);
    }
  });
});

test("mail lists addresses that get no letters, and lifts one", async ({ scene }) => {
  const env = { DATABASE_URL: scene.app.config.DATABASE_URL as string, DATA_DIR: folder() };
  await suppressAddress(scene.ctx(null), "gone@example.test", "bounce", "delivery failed: 5.1.1");
  const listed = await taskwire(["mail", "suppressed"], env);
  expect(listed.stdout).toMatch(/^20\S+Z {2}bounce {5}gone@example\.test {2}delivery failed: 5\.1\.1\n$/);
  const lifted = await taskwire(["mail", "lift", "gone@example.test"], env);
  expect(lifted).toMatchObject({ code: 0, stdout: "gone@example.test gets letters of all kinds again.\n" });
});

describe("keys rotate", () => {
  plain("the old public key stays valid beside the new private one", async () => {
    const DATA_DIR = folder();
    const file = join(DATA_DIR, ".env");
    writeFileSync(file, "PORT=4000\nJWT_PREVIOUS_PUBLIC_KEYS=\n# end");
    expect(await taskwire(["keys", "rotate", "--write", file], { DATA_DIR })).toMatchObject({ code: 0 });
    const text = readFileSync(file, "utf8");
    const old = createPublicKey(readFileSync(join(DATA_DIR, "secrets", "jwt-private-key.pem"), "utf8"));
    expect(text).toContain(
      `JWT_PREVIOUS_PUBLIC_KEYS="${old.export({ type: "spki", format: "der" }).toString("base64")}"`,
    );
    expect(text).toMatch(/^PORT=4000\nJWT_PREVIOUS.*\n# end\nJWT_PRIVATE_KEY="-----BEGIN PRIVATE KEY-----\\n/);
    const doctor = await taskwire(["doctor"], {
      DATA_DIR,
      ...parseEnv(text),
      DATABASE_URL: "postgres://nobody@127.0.0.1:1/no",
    });
    expect(doctor.stdout).toMatch(/✓ signing key: \S+, 1 previous ones accepted/);
  });

  plain("a setting is written where it stands, else at the end", () => {
    expect(withSettings("A=1\nB=2\n", { A: "$&", C: "3" })).toBe('A="$&"\nB=2\nC="3"\n');
    expect(withSettings("", { C: "3" })).toBe('C="3"\n');
  });
});

const parseEnv = (text: string) =>
  Object.fromEntries([...text.matchAll(/^([A-Z_]+)="?(.*?)"?$/gm)].map(([, name, value]) => [name, value])) as Record<
    string,
    string
  >;

describe("doctor", () => {
  test("is content with a good database, and finds a gap in the feed", async ({ scene }) => {
    const env = { DATABASE_URL: scene.app.config.DATABASE_URL as string, DATA_DIR: folder() };
    const { owner, project } = await scene.board();
    const well = await taskwire(["doctor"], env);
    expect(well).toMatchObject({ code: 0, stdout: expect.stringContaining("✓ feed: every channel is whole") });
    const lost =
      "delete from feed.changes c using feed.heads h where c.channel = $1 and h.channel = $1 and c.seq = h.seq";
    await scene.caller(owner).tasks.create({ projectId: project.id, title: "Lost" });
    await scene.app.sql.query(lost, [`project:${project.id}`]);
    const ill = await taskwire(["doctor"], env);
    expect(ill).toMatchObject({ code: 1, stdout: expect.stringContaining(`✗ feed: project:${project.id}`) });
  });

  plain("names each service that does not answer, with advice", async () => {
    const env = {
      DATA_DIR: folder(),
      DATABASE_URL: "postgres://nobody@127.0.0.1:1/none",
      REDIS_URL: "redis://127.0.0.1:1",
      AMQP_URL: "amqp://127.0.0.1:1",
      S3_ENDPOINT: "http://127.0.0.1:1",
      S3_ACCESS_KEY: "key",
      S3_SECRET_KEY: "secret-of-the-store",
    };
    const { code, stdout } = await taskwire(["doctor"], env);
    expect(code).toBe(1);
    for (const part of ["database", "Redis", "RabbitMQ", "files"])
      expect(stdout).toMatch(new RegExp(`✗ ${part}: .+\n {4}.+`));
    expect(stdout).not.toContain("secret-of-the-store");
  });

  plain("names a wrong setting", async () => {
    const { code, stdout } = await taskwire(["doctor"], { PORT: "70000" });
    expect([code, stdout]).toEqual([1, expect.stringMatching(/✗ .*\n.*PORT/)]);
  });
});

plain("an unknown command is refused with the list of those that there are", async () => {
  const { code, stderr } = await taskwire(["fly"], {});
  expect([code, stderr]).toEqual([1, expect.stringContaining("doctor")]);
});
