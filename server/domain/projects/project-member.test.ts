import { expect } from "vitest";
import { refusal, type Scene, test } from "../../testing/scene.ts";

async function projectWithPerson(scene: Scene) {
  const { organization, owner, project } = await scene.project();
  const organizationId = organization.id;
  const person = await scene.join(organizationId, await scene.person("Grace"), "guest");
  const laws = [
    [`organization:${organizationId}`, owner],
    [`project:${project.id}`, owner],
    [`user:${person.userId}`, person],
  ] as const;
  const { projectMembers, projects, teams } = scene.caller(owner);
  return { organizationId, owner, person, projectId: project.id, project, laws, projectMembers, projects, teams };
}

test("a person is given a role, another one, and none", async ({ scene }) => {
  const { projectId, person, laws, projectMembers } = await projectWithPerson(scene);
  const input = { projectId, userId: person.userId, role: "viewer" as const };

  const added = await scene.expectLaw(laws, () => projectMembers.add(input));
  expect(added).toMatchObject({ name: "Grace", role: "viewer", teamId: null });
  await expect(projectMembers.add(input)).rejects.toMatchObject(refusal("conflict"));

  const change = { projectMemberId: added.id, role: "manager" as const, version: 1 };
  await scene.expectLaw(laws, () => projectMembers.updateRole(change));
  await expect(projectMembers.updateRole(change)).rejects.toMatchObject(refusal("stale"));

  await scene.expectLaw(laws, () => projectMembers.remove({ projectMemberId: added.id }));
  expect((await scene.changes(`user:${person.userId}`)).map(({ type }) => type)).toEqual([
    "project-access.given",
    "project-access.changed",
    "project-access.ended",
  ]);
  const rows = await scene.app.sql.query(
    "select type, revokes from feed.changes where channel = $1 and revokes is not null",
    [`project:${projectId}`],
  );
  expect(rows).toEqual([{ type: "project-member.removed", revokes: [person.userId] }]);
  const again = projectMembers.remove({ projectMemberId: added.id });
  await expect(again).rejects.toMatchObject(refusal("not-found"));
});

test("who keeps another way in is not shut out", async ({ scene }) => {
  const { organizationId, projectId, person, owner, laws, projectMembers, teams } = await projectWithPerson(scene);
  const team = await teams.create({ organizationId, name: "Design" });
  for (const { userId } of [person, owner]) await teams.addMember({ teamId: team.id, userId });
  const byTeam = await scene.expectLaw(laws, () =>
    projectMembers.add({ projectId, teamId: team.id, role: "commenter" }),
  );
  const byName = await scene.expectLaw(laws, () =>
    projectMembers.add({ projectId, userId: person.userId, role: "viewer" }),
  );
  await scene.expectLaw(laws, () => projectMembers.updateRole({ projectMemberId: byName.id, role: "editor" }));
  await scene.expectLaw(laws, () => projectMembers.remove({ projectMemberId: byTeam.id }));
  const revocations = "select from feed.changes where channel = $1 and revokes is not null";
  expect(await scene.app.sql.query(revocations, [`project:${projectId}`])).toEqual([]);
  expect(await scene.caller(person).projects.get({ projectId })).toMatchObject({ role: "editor" });
  expect((await scene.changes(`user:${person.userId}`)).map(({ patch }) => patch["role"])).toEqual([
    "commenter",
    "editor",
  ]);
});

test("who is shut out watches nothing any more", async ({ scene }) => {
  const { project, task, owner } = await scene.board();
  const viewer = await scene.personWith("viewer", project);
  const caller = scene.caller(owner);
  await scene.caller(viewer).watches.create({ taskId: task.id });
  const [seat] = (await caller.projectMembers.list({ projectId: project.id })).items;
  await scene.expectLaw([[`user:${viewer.userId}`, viewer]], () =>
    caller.projectMembers.remove({ projectMemberId: seat?.id ?? "" }),
  );
  expect((await scene.changes(`user:${viewer.userId}`)).map(({ type }) => type)).toEqual([
    "task.watched",
    "project-access.ended",
    "task.unwatched",
  ]);
});

test("people are listed with the role that counts", async ({ scene }) => {
  const { organizationId, projectId, projects, projectMembers, owner, person } = await projectWithPerson(scene);
  await scene.join(organizationId, await scene.person("Zoe"), "member"); // sees it only once it is open
  await projectMembers.add({ projectId, userId: person.userId, role: "commenter" });
  await projectMembers.add({ projectId, userId: owner.userId, role: "viewer" });
  const roles = async () => (await projects.people({ projectId })).items.map(({ name, role }) => [name, role]);
  expect(await roles()).toEqual([
    ["Grace", "commenter"],
    [expect.stringMatching(/^Person/), "manager"],
  ]);
  await projects.update({ projectId, visibility: "organization" });
  expect((await roles()).at(-1)).toEqual(["Zoe", "editor"]);
  const first = await projects.people({ projectId, limit: 2 });
  const rest = await projects.people({ projectId, limit: 2, cursor: first.nextCursor as string });
  expect(rest.items).toMatchObject([{ name: "Zoe" }]);
});

test("only one of person and team, and only of the organization", async ({ scene }) => {
  const { projectId, person, projectMembers } = await projectWithPerson(scene);
  const elsewhere = await projectWithPerson(scene);
  const team = await elsewhere.teams.create({ organizationId: elsewhere.organizationId, name: "Other" });
  const add = (whom: { userId?: string; teamId?: string }) =>
    projectMembers.add({ projectId, role: "viewer", ...whom });
  await expect(add({})).rejects.toMatchObject(refusal("validation.failed"));
  await expect(add({ userId: person.userId, teamId: team.id })).rejects.toMatchObject(refusal("validation.failed"));
  await expect(add({ teamId: team.id })).rejects.toMatchObject(refusal("not-found"));
  await expect(add({ userId: elsewhere.person.userId })).rejects.toMatchObject(refusal("not-found"));
});

test.for([
  ["editor", "access.denied"],
  ["stranger", "not-found"],
] as const)("a %s who gives roles gets %s", async ([who, code], { scene }) => {
  const { project, projectId, person, projectMembers } = await projectWithPerson(scene);
  const { id: projectMemberId } = await projectMembers.add({ projectId, userId: person.userId, role: "viewer" });
  const caller = await scene.as(who, project);
  for (const call of [
    () => caller.projectMembers.add({ projectId, userId: person.userId, role: "manager" }),
    () => caller.projectMembers.updateRole({ projectMemberId, role: "manager" }),
    () => caller.projectMembers.remove({ projectMemberId }),
  ]) {
    await expect(call()).rejects.toMatchObject(refusal(code));
  }
});
