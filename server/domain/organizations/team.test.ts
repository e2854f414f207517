import { expect } from "vitest";
import { refusal, type Scene, test } from "../../testing/scene.ts";

/** A team that edits a private project, with somebody beside it. */
async function teamOnProject(scene: Scene) {
  const { organization, owner, project } = await scene.project();
  const organizationId = organization.id;
  const caller = scene.caller(owner);
  const team = await caller.teams.create({ organizationId, name: "Design" });
  await caller.projectMembers.add({ projectId: project.id, teamId: team.id, role: "editor" });
  const person = await scene.join(organizationId, await scene.person(), "guest");
  const laws = [
    [`organization:${organizationId}`, owner],
    [`project:${project.id}`, owner],
    [`user:${person.userId}`, person],
  ] as const;
  return { organizationId, owner, caller, project, team, person, laws };
}

test("who enters a team gets what it was given, and loses it on leaving", async ({ scene }) => {
  const { caller, team, person, project, laws } = await teamOnProject(scene);
  const seat = { teamId: team.id, userId: person.userId };

  const added = await scene.expectLaw(laws, () => caller.teams.addMember(seat));
  expect(await scene.caller(person).projects.get({ projectId: project.id })).toMatchObject({ role: "editor" });
  expect(await caller.teams.addMember(seat)).toEqual(added); // again: nothing new
  expect(await caller.teams.get({ teamId: team.id })).toMatchObject({ name: "Design", members: [added] });

  await scene.expectLaw(laws, () => caller.teams.removeMember(seat));
  expect((await scene.changes(`user:${person.userId}`)).map(({ type }) => type)).toEqual([
    "project-access.given",
    "project-access.ended",
  ]);
  const shut = scene.caller(person).projects.get({ projectId: project.id });
  await expect(shut).rejects.toMatchObject(refusal("not-found"));
  expect(await caller.teams.removeMember(seat)).toEqual(seat); // again: nothing new
});

test("a team's new name shows in its projects", async ({ scene }) => {
  const { caller, team, project, laws } = await teamOnProject(scene);
  const renamed = await scene.expectLaw(laws, () => caller.teams.update({ teamId: team.id, name: "Art", version: 1 }));
  expect(renamed).toMatchObject({ name: "Art", version: 2 });
  expect((await caller.projectMembers.list({ projectId: project.id })).items).toMatchObject([{ name: "Art" }]);
  const stale = caller.teams.update({ teamId: team.id, name: "Other", version: 1 });
  await expect(stale).rejects.toMatchObject(refusal("stale"));
});

test("a team that is dissolved takes its roles along, and shuts out who had no other", async ({ scene }) => {
  const { caller, team, person, owner, project, laws } = await teamOnProject(scene);
  await caller.teams.addMember({ teamId: team.id, userId: person.userId });
  await caller.teams.addMember({ teamId: team.id, userId: owner.userId });

  await scene.expectLaw(laws, () => caller.teams.delete({ teamId: team.id }));

  const rows = await scene.app.sql.query(
    "select type, revokes from feed.changes where channel = $1 and revokes is not null",
    [`project:${project.id}`],
  );
  expect(rows).toEqual([{ type: "project-member.removed", revokes: [person.userId] }]);
  await expect(caller.teams.get({ teamId: team.id })).rejects.toMatchObject(refusal("not-found"));
});

test("people who enter by team and by name at once end with the higher role, and hear of it", async ({ scene }) => {
  for (let round = 0; round < 5; round += 1) {
    const { caller, team, person, project, laws } = await teamOnProject(scene);
    await scene.expectLaw(laws, () =>
      Promise.all([
        caller.teams.addMember({ teamId: team.id, userId: person.userId }),
        caller.projectMembers.add({ projectId: project.id, userId: person.userId, role: "viewer" }),
      ]),
    );
    expect(await scene.caller(person).projects.get({ projectId: project.id })).toMatchObject({ role: "editor" });
  }
});

test("teams' names are their own, and only people of the organization get in", async ({ scene }) => {
  const { caller, team, organizationId } = await teamOnProject(scene);
  const double = caller.teams.create({ organizationId, name: "design" });
  await expect(double).rejects.toMatchObject(refusal("conflict"));
  const { userId } = await scene.person();
  const stranger = caller.teams.addMember({ teamId: team.id, userId });
  await expect(stranger).rejects.toMatchObject(refusal("not-found"));
});

test.for([
  ["member", "access.denied"],
  ["guest", "not-found"],
  ["stranger", "not-found"],
] as const)("a %s who manages a team gets %s", async ([who, code], { scene }) => {
  const { team, organizationId, person } = await teamOnProject(scene);
  const actor = await scene.person();
  if (who !== "stranger") await scene.join(organizationId, actor, who);
  const { teams } = scene.caller(actor);
  for (const call of [
    () => teams.update({ teamId: team.id, name: "X" }),
    () => teams.delete({ teamId: team.id }),
    () => teams.addMember({ teamId: team.id, userId: person.userId }),
    () => teams.removeMember({ teamId: team.id, userId: person.userId }),
  ]) {
    await expect(call()).rejects.toMatchObject(refusal(code));
  }
});
