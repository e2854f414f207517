import { describe, expect } from "vitest";
import type { Actor } from "../../context.ts";
import type { Channel } from "../../platform/feed.ts";
import { connect, startNode, until } from "../../testing/gateway.ts";
import { refusal, type Scene, test } from "../../testing/scene.ts";

type Permissions = Parameters<ReturnType<Scene["caller"]>["roles"]["create"]>[0]["permissions"];

/** A private project, and somebody who holds a role in it that can move tasks and say something. */
async function composedInProject(scene: Scene, permissions: Permissions = ["task.move", "comment.create"]) {
  const board = await scene.board();
  const { organization, owner, project } = board;
  const organizationId = organization.id;
  const admin = scene.caller(owner);
  const role = await admin.roles.create({ organizationId, level: "project", name: "Mover", permissions });
  const person = await scene.join(organizationId, await scene.person(), "guest");
  const given = await admin.projectMembers.add({ projectId: project.id, userId: person.userId, roleId: role.id });
  const laws: [Channel, Actor][] = [
    [`organization:${organizationId}`, owner],
    [`project:${project.id}`, owner],
    [`user:${person.userId}`, person],
  ];
  return { ...board, organizationId, admin, role, person, caller: scene.caller(person), given, laws };
}

test("a role in a project grants what it is composed of, and reading", async ({ scene }) => {
  const { caller, task, done, project, role, given, person } = await composedInProject(scene);

  expect(given).toMatchObject({ role: "viewer", roleId: role.id });
  expect(role.permissions).toEqual(expect.arrayContaining(["project.read", "task.read", "task.move"]));
  const moved = await caller.tasks.move({ taskId: task.id, toStatusId: done.id, afterTaskId: null });
  expect(moved.statusId).toBe(done.id);
  await expect(caller.tasks.update({ taskId: task.id, title: "X" })).rejects.toMatchObject(refusal("access.denied"));
  expect(await caller.projects.get({ projectId: project.id })).toMatchObject({
    role: "viewer",
    permissions: role.permissions,
  });
  const copy = await scene.snapshot(person, `user:${person.userId}`);
  expect(copy.toJSON()).toMatchObject({
    entities: { projectAccess: { [project.id]: { permissions: role.permissions } } },
  });
});

test("what one holds by name and by team comes together", async ({ scene }) => {
  const { admin, caller, organizationId, project, person, task, laws } = await composedInProject(scene);
  const author = await admin.roles.create({
    ...{ organizationId, level: "project", name: "Author", permissions: ["task.update"] },
  });
  const team = await admin.teams.create({ organizationId, name: "Authors" });
  await admin.projectMembers.add({ projectId: project.id, teamId: team.id, roleId: author.id });
  await scene.expectLaw(laws, () => admin.teams.addMember({ teamId: team.id, userId: person.userId }));

  await caller.tasks.update({ taskId: task.id, title: "Both" });
  const { permissions } = await caller.projects.get({ projectId: project.id });
  expect(permissions).toEqual(expect.arrayContaining(["task.move", "task.update"]));
});

test("a role that changes changes what its holders may do, and tells them", async ({ scene }) => {
  const { admin, caller, role, task, done, person, laws } = await composedInProject(scene);
  const head = await scene.head(`user:${person.userId}`);
  const change = { roleId: role.id, permissions: ["task.update"] as Permissions, version: 1 };

  await scene.expectLaw(laws, () => admin.roles.update(change));

  expect(await scene.changes(`user:${person.userId}`, head)).toMatchObject([
    { type: "project-access.changed", patch: { permissions: expect.arrayContaining(["task.update"]) } },
  ]);
  await caller.tasks.update({ taskId: task.id, title: "Now" });
  const move = caller.tasks.move({ taskId: task.id, toStatusId: done.id, afterTaskId: null });
  await expect(move).rejects.toMatchObject(refusal("access.denied"));
  await expect(admin.roles.update(change)).rejects.toMatchObject(refusal("stale"));
  const again = await admin.roles.update({ ...change, version: 2 });
  expect(again.version).toBe(2);
});

test("a role of the organization grants things in it, and things in all its projects", async ({ scene }) => {
  const { organization, owner, project } = await scene.project();
  const organizationId = organization.id;
  const admin = scene.caller(owner);
  const person = await scene.join(organizationId, await scene.person(), "member");
  const caller = scene.caller(person);
  const role = await admin.roles.create({
    ...{ organizationId, level: "organization", name: "Auditor", permissions: ["audit.read", "label.manage"] },
  });
  const laws: [Channel, Actor][] = [
    [`organization:${organizationId}`, owner],
    [`user:${person.userId}`, person],
  ];
  await expect(caller.projects.get({ projectId: project.id })).rejects.toMatchObject(refusal("not-found"));

  const member = await scene.expectLaw(laws, () =>
    admin.members.updateRole({ organizationId, userId: person.userId, roleId: role.id }),
  );

  expect(member).toMatchObject({ role: "member", roleId: role.id });
  await caller.audit.list({ organizationId });
  await caller.labels.create({ projectId: project.id, name: "Seen", color: "#336699" });
  await expect(caller.projects.archive({ projectId: project.id })).rejects.toMatchObject(refusal("access.denied"));
  expect(await caller.organizations.get({ organizationId })).toMatchObject({
    permissions: expect.arrayContaining(["audit.read", "project.create", "label.manage", "project.read"]),
  });
  await scene.expectLaw(laws, () =>
    admin.members.updateRole({ organizationId, userId: person.userId, role: "member" }),
  );
  await expect(caller.audit.list({ organizationId })).rejects.toMatchObject(refusal("access.denied"));
});

test("whoever loses reading with a role's change leaves the channels at once", async ({ scene }) => {
  const node = await startNode(scene.app, { sweepMs: 3_600_000, headsPollMs: 3_600_000 });
  const { organization, owner, project } = await scene.project();
  const organizationId = organization.id;
  const admin = scene.caller(owner);
  const person = await scene.join(organizationId, await scene.person(), "member");
  const role = await admin.roles.create({
    ...{ organizationId, level: "organization", name: "Reader", permissions: ["project.read"] },
  });
  await admin.members.updateRole({ organizationId, userId: person.userId, roleId: role.id });
  const probe = await connect(node, person);
  const channels: Channel[] = [`organization:${organizationId}`, `project:${project.id}`];
  for (const channel of [...channels, `user:${person.userId}` as const]) await probe.join(channel);

  await scene.expectLaw(
    [
      [`organization:${organizationId}`, owner],
      [`user:${person.userId}`, person],
    ],
    () => admin.roles.update({ roleId: role.id, base: "guest", permissions: ["project.create"] }),
  );

  await until(() => expect(probe.closed.map(({ channel }) => channel).sort()).toEqual(channels.toSorted()));
  const revocations = "select type from feed.changes where channel = $1 and $2 = any(revokes)";
  expect(await scene.app.sql.query(revocations, [`organization:${organizationId}`, person.userId])).toEqual([
    { type: "member.role-changed" },
  ]);
});

test("a role that somebody holds stays; one that nobody holds goes", async ({ scene }) => {
  const { admin, role, given, laws } = await composedInProject(scene);
  await expect(admin.roles.delete({ roleId: role.id })).rejects.toMatchObject(refusal("conflict"));
  await scene.expectLaw(laws.slice(0, 2), () =>
    admin.projectMembers.updateRole({ projectMemberId: given.id, role: "editor" }),
  );
  await scene.expectLaw(laws, () => admin.roles.delete({ roleId: role.id }));
  await expect(admin.roles.delete({ roleId: role.id })).rejects.toMatchObject(refusal("not-found"));
});

describe("nobody makes more of themselves", () => {
  /** Somebody who manages members, teams and people of a project by composed roles, and nothing beyond. */
  async function deputy(scene: Scene) {
    const { admin, organizationId, project, person, role } = await composedInProject(scene, [
      "project.manage-members",
      "task.move",
    ]);
    await admin.members.updateRole({ organizationId, userId: person.userId, role: "member" });
    const manages = await admin.roles.create({
      ...{ organizationId, level: "organization", name: "Deputy", permissions: ["member.manage", "team.manage"] },
    });
    const more = await admin.roles.create({
      ...{ organizationId, level: "organization", name: "More", permissions: ["member.manage", "audit.read"] },
    });
    const stronger = await admin.roles.create({
      ...{ organizationId, level: "project", name: "Stronger", permissions: ["task.purge"] },
    });
    await admin.members.updateRole({ organizationId, userId: person.userId, roleId: manages.id });
    const other = await scene.join(organizationId, await scene.person(), "member");
    const managers = await admin.teams.create({ organizationId, name: "Managers" });
    await admin.projectMembers.add({ projectId: project.id, teamId: managers.id, role: "manager" });
    const ownId = "select id from projects.project_members where project_id = $1 and user_id = $2";
    const [own] = await scene.app.sql.query<{ id: string }>(ownId, [project.id, person.userId]);
    return {
      ...{ organizationId, projectId: project.id, userId: person.userId, otherId: other.userId, teamId: managers.id },
      ...{
        roleId: role.id,
        manages: manages.id,
        more: more.id,
        stronger: stronger.id,
        own: (own as { id: string }).id,
      },
      caller: scene.caller(person),
    };
  }
  type Deputy = Awaited<ReturnType<typeof deputy>>;

  test.for<[string, (deputy: Deputy) => Promise<unknown>]>([
    ["an admin of themselves", (d) => d.caller.members.updateRole({ ...of(d), role: "admin" })],
    ["an owner of another", (d) => d.caller.members.updateRole({ ...of(d, d.otherId), role: "owner" })],
    ["their role another one with more", (d) => d.caller.members.updateRole({ ...of(d), roleId: d.more })],
    ["their role larger", (d) => d.caller.roles.update({ roleId: d.manages, permissions: ["audit.read"] })],
    ["a new role", (d) => d.caller.roles.create({ ...named(d), level: "organization", permissions: ["audit.read"] })],
    ["a manager of themselves", (d) => d.caller.projectMembers.updateRole({ projectMemberId: d.own, role: "manager" })],
    ["an editor of another", (d) => d.caller.projectMembers.add({ ...inProject(d), role: "editor" })],
    ["more of another by a role", (d) => d.caller.projectMembers.add({ ...inProject(d), roleId: d.stronger })],
    ["a team with more their own", (d) => d.caller.teams.addMember({ teamId: d.teamId, userId: d.userId })],
  ])("not %s", async ([, act], { scene }) => {
    await expect(act(await deputy(scene))).rejects.toMatchObject(refusal("access.denied"));
  });

  test("but gives what they hold", async ({ scene }) => {
    const d = await deputy(scene);
    await d.caller.projectMembers.add({ ...inProject(d), roleId: d.roleId });
    await d.caller.members.updateRole({ ...of(d, d.otherId), roleId: d.manages });
  });

  const of = (d: Deputy, userId = d.userId) => ({ organizationId: d.organizationId, userId });
  const named = (d: Deputy) => ({ organizationId: d.organizationId, name: "New" });
  const inProject = (d: Deputy) => ({ projectId: d.projectId, userId: d.otherId });
});

describe("no role is composed", () => {
  test.for<[string, object]>([
    ["of what is reserved", { level: "organization", permissions: ["role.manage"] }],
    ["of the organization's end", { level: "organization", permissions: ["organization.delete"] }],
    ["of what does not exist", { level: "project", permissions: ["task.fly"] }],
    ["for projects of things of the organization", { level: "project", permissions: ["audit.read"] }],
    ["for projects on guests", { level: "project", base: "guest", permissions: ["task.move"] }],
    ["on guests, to see people", { level: "organization", base: "guest", permissions: ["organization.read-people"] }],
    ["on admins", { level: "organization", base: "admin", permissions: ["audit.read"] }],
  ])("%s", async ([, given], { scene }) => {
    const { organization, owner } = await scene.organization();
    const create = scene.caller(owner).roles.create({ organizationId: organization.id, name: "No", ...given } as never);
    await expect(create).rejects.toSatisfy(
      (error) => error.code === "BAD_REQUEST" || error.cause?.code === "validation.failed",
    );
  });
});

test("roles stay at home: another organization's cannot be given", async ({ scene }) => {
  const { role } = await composedInProject(scene);
  const { project, owner, organization } = await scene.project();
  const person = await scene.join(organization.id, await scene.person(), "member");
  const elsewhere = scene.caller(owner);
  const add = elsewhere.projectMembers.add({ projectId: project.id, userId: person.userId, roleId: role.id });
  await expect(add).rejects.toMatchObject(refusal("not-found"));
  await expect(elsewhere.roles.update({ roleId: role.id, name: "Mine" })).rejects.toMatchObject(refusal("not-found"));
});
