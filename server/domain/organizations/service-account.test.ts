import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import type { Actor } from "../../context.ts";
import type { Channel } from "../../platform/feed.ts";
import { refusal, type Scene, test } from "../../testing/scene.ts";
import { authenticateToken } from "../auth/authenticate.ts";

async function program(scene: Scene, scopes = ["account", "project.read", "task.read", "task.create"]) {
  const board = await scene.board();
  const { organization, owner, project } = board;
  const organizationId = organization.id;
  const admin = scene.caller(owner);
  const made = await admin.serviceAccounts.create({ organizationId, name: "Importer", role: "guest", scopes });
  const userId = made.clientId;
  const laws: [Channel, Actor][] = [
    [`organization-admins:${organizationId}`, owner],
    [`organization:${organizationId}`, owner],
    [`user:${userId}`, { userId, sessionId: userId }],
  ];
  const exchange = (scope?: string) =>
    scene.caller(null).auth.token({
      ...{ grant_type: "client_credentials" as const, client_id: made.clientId, client_secret: made.clientSecret },
      ...(scope ? { scope } : {}),
    });
  return { ...board, ...made, userId, organizationId, admin, project, laws, exchange };
}
const by = async (scene: Scene, token: string) => {
  const { expiresAt: _, tokenId: __, ...actor } = await authenticateToken(scene.app, token);
  return scene.caller(actor);
};

test("an account for a program is a member that everybody sees, and admins alone manage", async ({ scene }) => {
  const { organizationId, owner, userId, serviceAccount, clientSecret, laws } = await program(scene);

  expect(clientSecret).toMatch(/^tws_[0-9A-Za-z]{49}$/);
  expect(serviceAccount.secrets).toMatchObject([{ hint: clientSecret.slice(-4), expiresAt: null }]);
  const { items } = await scene.caller(owner).members.list({ organizationId });
  expect(items.find((member) => member.userId === userId)).toMatchObject({ kind: "service", name: "Importer" });
  for (const [channel, actor] of laws) {
    const replayed = await scene.changes(channel);
    expect(replayed.length, channel).toBeGreaterThan(0);
    await scene.snapshot(actor, channel);
  }
  const everything = await scene.app.sql.query("select patch::text from feed.changes");
  expect(JSON.stringify(everything)).not.toContain(clientSecret);
  const member = scene.caller(await scene.join(organizationId, await scene.person(), "member"));
  await expect(member.serviceAccounts.list({ organizationId })).rejects.toMatchObject(refusal("access.denied"));
});

test("it gets tokens for its secret, and may do what its role and the token's scopes allow", async ({ scene }) => {
  const { exchange, project, admin, userId, todo } = await program(scene);
  await admin.projectMembers.add({ projectId: project.id, userId, role: "editor" });

  const { access_token, token_type, expires_in, scope } = await exchange("task.create project.read");

  expect({ token_type, expires_in, scope }).toEqual({
    ...{
      token_type: "Bearer",
      scope: "project.read task.create",
      expires_in: scene.app.config.ACCESS_TOKEN_SECONDS - 1,
    },
    expires_in: expect.any(Number),
  });
  const caller = await by(scene, access_token);
  const task = await caller.tasks.create({ projectId: project.id, title: "Imported", statusId: todo.id });
  expect(task.createdById).toBe(userId);
  await expect(caller.tasks.get({ taskId: task.id })).rejects.toMatchObject(refusal("access.denied"));
  const all = await by(scene, (await exchange()).access_token);
  expect(await all.tasks.get({ taskId: task.id })).toMatchObject({ title: "Imported" });
  expect(await all.auth.me({})).toMatchObject({ user: { kind: "service" }, session: { userId } });
});

test("every act follows the law", async ({ scene }) => {
  const { admin, serviceAccount, laws, exchange } = await program(scene);
  const serviceAccountId = serviceAccount.id;

  const renamed = await scene.expectLaw(laws, () =>
    admin.serviceAccounts.update({ serviceAccountId, name: "Exporter", version: 1 }),
  );
  expect(renamed).toMatchObject({ name: "Exporter", version: 2 });
  await expect(admin.serviceAccounts.update({ serviceAccountId, name: "X", version: 1 })).rejects.toMatchObject(
    refusal("stale"),
  );
  expect(await admin.serviceAccounts.update({ serviceAccountId, name: "Exporter" })).toEqual(renamed);
  const { access_token } = await exchange();
  const added = await scene.expectLaw(laws, () =>
    admin.serviceAccounts.addSecret({ serviceAccountId, expiresInDays: 7 }),
  );
  expect(added.serviceAccount.secrets).toHaveLength(2);
  const [first] = serviceAccount.secrets;
  await scene.expectLaw(laws, () =>
    admin.serviceAccounts.removeSecret({ serviceAccountId, secretId: first?.id as string }),
  );
  await expect(exchange()).rejects.toMatchObject(refusal("auth.invalid"));
  const refused = () =>
    by(scene, access_token).then(
      () => null,
      (error) => error.code,
    );
  await expect.poll(refused, { timeout: 5_000, interval: 100 }).toBe("auth.invalid");
  await scene.expectLaw(laws.slice(0, 2), () => admin.serviceAccounts.delete({ serviceAccountId }));
  await expect(admin.serviceAccounts.delete({ serviceAccountId })).rejects.toMatchObject(refusal("not-found"));
});

test("fewer scopes count for the tokens that are out", async ({ scene }) => {
  const { admin, serviceAccount, exchange } = await program(scene);
  const { access_token } = await exchange();
  await admin.serviceAccounts.update({ serviceAccountId: serviceAccount.id, scopes: ["account"] });
  const scopes = async () => (await authenticateToken(scene.app, access_token)).scopes;
  await expect.poll(scopes, { timeout: 5_000, interval: 100 }).toEqual(["account"]);
});

test("sent again, it is made once, with the same secret", async ({ scene }) => {
  const { admin, organizationId } = await program(scene);
  const input = {
    organizationId,
    name: "Once",
    role: "member" as const,
    scopes: ["account"],
    mutationId: randomUUID(),
  };
  const first = await admin.serviceAccounts.create(input);
  expect(await admin.serviceAccounts.create(input)).toEqual(first);
});

test.for<[string, string, (p: Awaited<ReturnType<typeof program>>, scene: Scene) => Promise<unknown>]>([
  [
    "signs in by no password",
    "auth.invalid",
    ({ clientSecret, userId }, scene) =>
      scene.caller(null).auth.signIn({ email: `${userId}@service.invalid`, password: clientSecret }),
  ],
  [
    "makes no API tokens",
    "rule.broken",
    async ({ exchange }, scene) =>
      (await by(scene, (await exchange()).access_token)).apiTokens.create({ name: "X", scopes: ["account"] }),
  ],
  [
    "owns no organization",
    "rule.broken",
    ({ admin, organizationId, userId }) => admin.members.updateRole({ organizationId, userId, role: "owner" }),
  ],
  [
    "is removed as a whole, not as a member",
    "rule.broken",
    ({ admin, organizationId, userId }) => admin.members.remove({ organizationId, userId }),
  ],
  ["gets no scope that is not its own", "access.denied", ({ exchange }) => exchange("task.purge")],
  [
    "has three secrets at most",
    "rule.broken",
    async ({ admin, serviceAccount }) => {
      const input = { serviceAccountId: serviceAccount.id };
      for (let at = 1; at <= 3; at += 1) await admin.serviceAccounts.addSecret(input);
    },
  ],
  [
    "of another organization cannot be touched",
    "not-found",
    async ({ serviceAccount }, scene) =>
      scene
        .caller((await scene.organization()).owner)
        .serviceAccounts.addSecret({ serviceAccountId: serviceAccount.id }),
  ],
  [
    "has exactly one role",
    "validation.failed",
    ({ admin, organizationId }) => admin.serviceAccounts.create({ organizationId, name: "X", scopes: ["account"] }),
  ],
])("a program %s", async ([, code, act], { scene }) => {
  await expect(act(await program(scene), scene)).rejects.toMatchObject(refusal(code));
});

test("an admin makes no program that is more than they are", async ({ scene }) => {
  const { organizationId } = await program(scene);
  const admin = scene.caller(await scene.join(organizationId, await scene.person(), "admin"));
  const create = (role: string) =>
    admin.serviceAccounts.create({ organizationId, name: role, role: role as "admin", scopes: ["account"] });
  await create("admin");
  await expect(create("owner")).rejects.toMatchObject({ code: "BAD_REQUEST" });
});
