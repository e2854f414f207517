import { describe, expect } from "vitest";
import { password, test } from "../../testing/accounts.ts";
import { refusal, type Scene } from "../../testing/scene.ts";

const fresh = () => ({ email: `${crypto.randomUUID()}@example.test`, name: "Ada Lovelace", password });
const usersNamed = (scene: Scene, email: string) =>
  scene.app.sql.query<{ id: string; password_hash: string }>("select * from auth.users where email = $1", [email]);

describe("registering", () => {
  test("opens an account that the person's channel knows, and keeps no password", async ({ scene }) => {
    const input = fresh();

    expect(await scene.caller(null).auth.register({ ...input, email: ` ${input.email.toUpperCase()} ` })).toEqual({
      status: "accepted",
    });

    const [user] = await usersNamed(scene, input.email);
    expect(user!.password_hash).toMatch(/^\$argon2id\$/);
    const changes = await scene.changes(`user:${user!.id}`);
    expect(changes).toMatchObject([
      { type: "user.registered", op: "create", actorId: user!.id, patch: { email: input.email, name: input.name } },
    ]);
    expect(JSON.stringify(changes)).not.toContain("argon2");
  });

  test("a known address gets the same answer and keeps its account as it was", async ({ scene }) => {
    const input = fresh();
    const first = await scene.caller(null).auth.register(input);
    const before = await usersNamed(scene, input.email);

    const second = await scene.caller(null).auth.register({ ...input, name: "Eve", password: "another password" });

    expect(second).toEqual(first);
    expect(await usersNamed(scene, input.email)).toEqual(before);
  });

  test("of many at once with one address one opens the account", async ({ scene }) => {
    const input = fresh();

    const answers = await Promise.all(Array.from({ length: 10 }, () => scene.caller(null).auth.register(input)));

    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set(["accepted"]));
    const [user, ...others] = await usersNamed(scene, input.email);
    expect(others).toEqual([]);
    expect(await scene.changes(`user:${user!.id}`)).toHaveLength(1);
  });

  test.for([
    ["a password of seven characters", { password: "sévènçh" }],
    ["a password of 257 characters", { password: "é".repeat(257) }],
    ["half a character", { password: "\ud83d-half-a-smile" }],
    ["one of the most common passwords", { password: "Password123" }],
    ["the address as password", { email: "somebody@example.test", password: "SomeBody@example.test" }],
    ["the name as password", { password: "ada lovelace" }],
    ["something that is no address", { email: "nobody" }],
    ["an empty name", { name: " " }],
    ["an unknown key", { admin: true }],
  ] as const)("%s is refused", async ([, wrong], { scene }) => {
    const input = { ...fresh(), ...wrong };

    await expect(scene.caller(null).auth.register(input)).rejects.toMatchObject({ code: "BAD_REQUEST" });

    expect(await usersNamed(scene, input.email)).toEqual([]);
  });

  test.for(["šéčřëť-ÿ", "with spaces in it", "😀😀😀😀😀😀😀😀", "e".repeat(256)])(
    "any characters may be in a password: %s",
    async (unusual, { scene }) => {
      const { email, name } = fresh();
      await scene.caller(null).auth.register({ email, name, password: unusual });

      const composedOtherwise = unusual.normalize("NFD");

      expect(await scene.caller(null).auth.signIn({ email, password: composedOtherwise })).toMatchObject({
        user: { email },
      });
    },
  );
});

test("a password that is too easy fails with validation.failed at its path", async ({ scene }) => {
  const call = scene.caller(null).auth.register({ ...fresh(), password: "qwertyuiop" });
  await expect(call).rejects.toMatchObject({ cause: { details: { issues: [{ path: ["password"] }] } } });
  await expect(call).rejects.toMatchObject(refusal("validation.failed"));
});
