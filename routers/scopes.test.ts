import { describe, expect } from "vitest";
import type { Actor } from "../server/context.ts";
import { scopes as allScopes } from "../server/domain/scopes.ts";
import { inputOf, type ProcedureUnderTest, procedures } from "../server/testing/procedures.ts";
import { type Caller, refusal, type Scene, test } from "../server/testing/scene.ts";
import { buildWorld, plainValues, type World } from "../server/testing/world.ts";

/** What a token must be good for; null: nothing, or it depends on the input; "in-person": no token may. */
function neededBy({ path, access, meta }: ProcedureUnderTest): string | null {
  if (access === "everybody" || meta.scope === null) return null;
  if (meta.scope !== undefined) return meta.scope;
  if (access !== "signed-in") return access;
  return /^(auth|identities|totp)\./.test(path) ? "in-person" : "account";
}

let built: Promise<World> | undefined;
/** One for all that is refused: it stays as it is. */
const untouchedWorld = (scene: Scene): Promise<World> => (built ??= buildWorld(scene));

const allHeads = "select channel, seq from feed.heads order by channel";
const codeOf = (error: { cause?: { code?: string; details?: Record<string, unknown> } }) => error.cause ?? {};

describe.each(procedures.filter((p) => neededBy(p)).map((p) => [p.path, p] as const))(
  "%s by a token",
  (_, procedure) => {
    test("is refused to an owner whose token is good for everything else, and changes nothing", async ({ scene }) => {
      const world = await untouchedWorld(scene);
      const needed = neededBy(procedure) as string;
      const owner = world.people.owner as Actor;
      const scopes = allScopes.filter((scope) => scope !== needed);
      const input = procedure.input ? inputOf(procedure.input, plainValues(world)) : undefined;
      const before = await scene.app.sql.query(allHeads);

      const refused = await procedure.call(scene.caller({ ...owner, scopes }), input).then(() => ({}), codeOf);

      const details = needed === "in-person" ? { rule: "in-person" } : { scope: needed };
      expect(refused).toMatchObject({ code: "access.denied", details });
      expect(await scene.app.sql.query(allHeads)).toEqual(before);
    });

    test("is never more than its owner may do", async ({ scene }) => {
      if (procedure.access === "signed-in") return;
      const world = await untouchedWorld(scene);
      const stranger = { ...(world.people.stranger as Actor), scopes: allScopes };
      const input = procedure.input ? inputOf(procedure.input, plainValues(world)) : undefined;
      await expect(procedure.call(scene.caller(stranger), input)).rejects.toMatchObject(refusal("not-found"));
    });
  },
);

test("no token that is good for reading alone changes anything", () => {
  const changing = procedures.filter((p) => p.type === "mutation" && /\.(read|watch)/.test(neededBy(p) ?? ""));
  expect(changing.map(({ path }) => path).sort()).toEqual([...readersOwn, "files.copy"].sort());
});
/** What somebody may do who may read: about themselves alone. A copy of a file asks for `file.upload` where it goes. */
const readersOwn = [
  "comments.markRead",
  "notifications.muteTask",
  "notifications.unmuteTask",
  "reminders.create",
  "watchLevels.reset",
  "watchLevels.set",
  "watches.create",
  "watches.delete",
];

/** An owner, their project, and what they can do by a token of some scopes. */
async function ownerWith(scene: Scene, scopes: readonly string[]) {
  const board = await scene.board();
  const organizationId = board.organization.id;
  const { apiToken } = await scene.caller(board.owner).apiTokens.create({ name: "Attack", scopes: [...scopes] });
  const token: Actor = { userId: board.owner.userId, sessionId: apiToken.id, scopes };
  const full = scene.caller(board.owner);
  return { ...board, organizationId, scene, full, by: scene.caller(token) };
}
type Attack = Awaited<ReturnType<typeof ownerWith>> & { by: Caller };

describe("a token cannot make more of itself", () => {
  test.for<[string, string[], (attack: Attack) => Promise<unknown>]>([
    [
      "by a token with more scopes",
      ["account"],
      ({ by }) => by.apiTokens.create({ name: "X", scopes: ["account", "task.read"] }),
    ],
    [
      "by a token without the right to make any",
      ["task.read"],
      ({ by }) => by.apiTokens.create({ name: "X", scopes: ["task.read"] }),
    ],
    [
      "by a program with more scopes",
      ["service-account.manage"],
      ({ by, organizationId }) =>
        by.serviceAccounts.create({ organizationId, name: "X", role: "admin", scopes: ["task.read"] }),
    ],
    [
      "by a secret of a program that is good for more",
      ["service-account.manage"],
      async ({ by, full, organizationId }) => {
        const program = { organizationId, name: "X", role: "guest", scopes: ["task.read"] } as const;
        const { serviceAccount } = await full.serviceAccounts.create({ ...program, scopes: [...program.scopes] });
        return by.serviceAccounts.addSecret({ serviceAccountId: serviceAccount.id });
      },
    ],
    [
      "by giving a program more scopes",
      ["service-account.manage"],
      async ({ by, full, organizationId }) => {
        const scopes = ["service-account.manage"];
        const { serviceAccount } = await full.serviceAccounts.create({
          organizationId,
          name: "X",
          role: "guest",
          scopes,
        });
        return by.serviceAccounts.update({ serviceAccountId: serviceAccount.id, scopes: [...scopes, "task.read"] });
      },
    ],
    [
      "by another password",
      [...allScopes],
      ({ by }) => by.auth.changePassword({ currentPassword: "x", newPassword: "a good long password" }),
    ],
    ["by ending all sessions", [...allScopes], ({ by }) => by.auth.signOutEverywhere({})],
    ["by the session's CSRF token", [...allScopes], ({ by }) => by.auth.csrf({})],
    [
      "by reading the board's channel",
      ["account"],
      ({ by, project }) => by.sync.snapshot({ channel: `project:${project.id}` }),
    ],
    [
      "by pulling it",
      ["project.read", "task.read"],
      ({ by, project }) => by.sync.pull({ channel: `project:${project.id}`, since: 0 }),
    ],
    [
      "by the owner's own channel",
      ["project.read"],
      ({ by, owner }) => by.sync.snapshot({ channel: `user:${owner.userId}` }),
    ],
    [
      "by searching what it may not read",
      ["account"],
      ({ by, project }) => by.tasks.search({ projectId: project.id, text: "First" }),
    ],
    ["by listing what it may not read", ["account"], ({ by }) => by.tasks.mine({})],
    [
      "by a file of the organization",
      ["file.upload", "file.read"],
      ({ by, organizationId }) =>
        by.uploads.create({ organizationId, name: "x.txt", sizeBytes: 3, sha256: "0".repeat(64) }),
    ],
    [
      "by changing what others said",
      ["comment.update-own", "comment.delete-own"],
      async ({ by, scene, project, task }) => {
        const editor = await scene.as("editor", project);
        const { id } = await editor.comments.create({ taskId: task.id, body: "Mine" });
        return by.comments.delete({ commentId: id });
      },
    ],
    [
      "by what is said among members",
      ["comment.create"],
      ({ by, task }) => by.comments.create({ taskId: task.id, body: "Internal", internal: true }),
    ],
  ])("%s", async ([, scopes, attack], { scene }) => {
    await expect(attack(await ownerWith(scene, scopes))).rejects.toMatchObject(refusal("access.denied"));
  });

  test("nor outlive itself by one that it makes", async ({ scene }) => {
    const { by, full } = await ownerWith(scene, ["account"]);
    const { apiToken } = await by.apiTokens.create({ name: "Child", scopes: ["account"], expiresInDays: 366 });
    const [, parent] = (await full.apiTokens.list({})).items;
    expect(apiToken).toMatchObject({ parentId: parent?.id, expiresAt: parent?.expiresAt });
  });

  test("what is internal stays hidden from a token that is not good for it", async ({ scene }) => {
    const { by, full, task, project } = await ownerWith(scene, ["comment.read", "file.read"]);
    await full.comments.create({ taskId: task.id, body: "Among ourselves", internal: true });
    expect((await by.comments.list({ taskId: task.id })).items).toEqual([]);
    expect(await by.comments.counts({ taskIds: [task.id] })).toMatchObject({ items: [{ comments: 0 }] });
    expect((await by.files.list({ projectId: project.id })).items).toEqual([]);
  });

  test("what it is good for, it can do", async ({ scene }) => {
    const { by, task } = await ownerWith(scene, ["task.update"]);
    expect(await by.tasks.update({ taskId: task.id, title: "Changed" })).toMatchObject({ title: "Changed" });
  });
});
