import { describe, expect } from "vitest";
import { type Account, buildAccount, password, test } from "../../testing/accounts.ts";
import { lettersTo, tokenTo } from "../../testing/letters.ts";
import { refusal, type Scene } from "../../testing/scene.ts";
import { resetPassword } from "./administer-account.ts";
import { authenticateToken } from "./authenticate.ts";

const newPassword = "quite another one";
const tokenFields = { name: "Script", scopes: ["account"] };

/** An account with a token, and one that the token made. */
async function buildTokens(scene: Scene) {
  const account = await buildAccount(scene);
  const { token } = await account.caller.apiTokens.create(tokenFields);
  const { expiresAt: _, ...byToken } = await authenticateToken(scene.app, token);
  const child = await scene.caller(byToken).apiTokens.create(tokenFields);
  return { ...account, tokens: [token, child.token] };
}
type Holder = Account & { tokens: string[] };

async function reset(scene: Scene, { email }: Holder, input: { endApiTokens?: boolean } = {}) {
  await scene.caller(null).auth.requestPasswordReset({ email });
  const token = await tokenTo(scene, email, "reset-password");
  await scene.caller(null).auth.resetPassword({ token, newPassword, ...input });
}
const change = (caller: Account["caller"], input: { endApiTokens?: boolean } = {}) =>
  caller.auth.changePassword({ currentPassword: password, newPassword, ...input });
const prove = async (scene: Scene, { email }: Holder) =>
  scene.caller(null).auth.verifyEmail({ token: await tokenTo(scene, email, "verify-email") });

describe("a new password and API tokens", () => {
  test.for<[string, "end" | "stay", (scene: Scene, holder: Holder) => Promise<unknown>]>([
    ["a reset by mail", "end", (scene, holder) => reset(scene, holder)],
    ["a reset that keeps them", "stay", (scene, holder) => reset(scene, holder, { endApiTokens: false })],
    ["a change", "stay", (_, { caller }) => change(caller)],
    ["a change that ends them", "end", (_, { caller }) => change(caller, { endApiTokens: true })],
    [
      "an operator's reset",
      "end",
      (scene, { email }) => resetPassword(scene.ctx(null), email, newPassword, { endApiTokens: true }),
    ],
  ])("after %s they %s, and the person is told which", async ([, fate, act], { scene }) => {
    const holder = await buildTokens(scene);
    const other = await buildTokens(scene);
    await prove(scene, holder);

    await scene.expectLaw([[`user:${holder.user.id}`, holder.actor]], () => act(scene, holder));

    for (const token of holder.tokens) {
      const call = authenticateToken(scene.app, token);
      if (fate === "stay") expect(await call).toMatchObject({ userId: holder.user.id });
      else await expect(call).rejects.toMatchObject({ code: "auth.invalid" });
    }
    for (const token of other.tokens) await authenticateToken(scene.app, token);
    const notices = (await lettersTo(scene, holder.email)).filter(({ name }) => name === "account-notice");
    const words = fate === "end" ? "All other sessions and API tokens" : "go on working";
    expect(JSON.stringify(notices.map(({ data }) => data))).toContain(words);
  });

  test("of an account that was opened with somebody else's address, a reset ends them in any case", async ({
    scene,
  }) => {
    const holder = await buildTokens(scene);
    await reset(scene, holder, { endApiTokens: false });
    for (const token of holder.tokens)
      await expect(authenticateToken(scene.app, token)).rejects.toMatchObject({ code: "auth.invalid" });
  });

  test("who was thrown out by it makes none any more, even with a call that was under way", async ({ scene }) => {
    const holder = await buildTokens(scene);
    await reset(scene, holder);
    // As the call goes on that had passed the edge before the session ended.
    await expect(holder.caller.apiTokens.create(tokenFields)).rejects.toMatchObject(refusal("auth.invalid"));
    expect(await scene.app.sql.query("select from auth.api_tokens where user_id = $1", [holder.user.id])).toEqual([]);
  });
});
