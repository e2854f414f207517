import { expect } from "vitest";
import type { StoredChange } from "../../platform/feed.ts";
import { refusal, type Scene, test } from "../../testing/scene.ts";

/** Somebody with all that can be lost: a team, roles by name and by team, an assignment and a watch. */
async function involved(scene: Scene) {
  const board = await scene.board();
  const { organization, owner, project, task } = board;
  const person = await scene.join(organization.id, await scene.person(), "member");
  const organizationId = organization.id;
  const caller = scene.caller(owner);
  const team = await caller.teams.create({ organizationId, name: "Design" });
  await caller.teams.addMember({ teamId: team.id, userId: person.userId });
  await caller.projectMembers.add({ projectId: project.id, userId: person.userId, role: "editor" });
  const other = await caller.projects.create({ organizationId, name: "Another", visibility: "private" });
  await caller.projectMembers.add({ projectId: other.id, teamId: team.id, role: "viewer" });
  const scope = { organizationId, projectId: project.id, taskId: task.id, userId: person.userId };
  await scene.app.sql.query(
    `insert into tasks.task_assignees (organization_id, project_id, task_id, user_id) values ($1, $2, $3, $4)`,
    Object.values(scope),
  );
  await scene.app.sql.query(
    `insert into tasks.watches (id, organization_id, project_id, task_id, user_id, created_at)
     values (gen_random_uuid(), $1, $2, $3, $4, date_trunc('milliseconds', now()))`,
    Object.values(scope),
  );
  return { ...board, person, team, other, organizationId };
}

const revocations = (scene: Scene, channel: string) =>
  scene.app.sql.query<Pick<StoredChange, "type" | "revokes">>(
    "select type, revokes from feed.changes where channel = $1 and revokes is not null",
    [channel],
  );

test.for(["removed by an owner", "leaving"] as const)(
  "a member %s is out of everything, and every channel hears it",
  async (how, { scene }) => {
    const { organizationId, owner, person, project, other, task } = await involved(scene);
    const before = await scene.head(`user:${person.userId}`);

    await scene.expectLaw(
      [
        [`organization:${organizationId}`, owner],
        [`project:${project.id}`, owner],
        [`project:${other.id}`, owner],
        [`user:${person.userId}`, person],
      ],
      () =>
        how === "leaving"
          ? scene.caller(person).organizations.leave({ organizationId })
          : scene.caller(owner).members.remove({ organizationId, userId: person.userId }),
    );

    expect((await scene.changes(`user:${person.userId}`, before)).map(({ type }) => type).sort()).toEqual([
      "membership.ended",
      "project-access.ended",
      "project-access.ended",
      "task.unwatched",
    ]);
    expect(await scene.caller(owner).tasks.get({ taskId: task.id })).toMatchObject({ assigneeIds: [] });
    const revoked = [{ revokes: [person.userId] }];
    expect(await revocations(scene, `organization:${organizationId}`)).toMatchObject(revoked);
    expect(await revocations(scene, `project:${project.id}`)).toMatchObject(revoked);
    const again = scene.caller(owner).members.remove({ organizationId, userId: person.userId });
    await expect(again).rejects.toMatchObject(refusal("not-found"));
  },
);

test("the last owner can neither leave nor be removed nor demoted", async ({ scene }) => {
  const { organization, owner } = await scene.organization();
  const organizationId = organization.id;
  const caller = scene.caller(owner);
  const { userId } = owner;
  for (const call of [
    () => caller.organizations.leave({ organizationId }),
    () => caller.members.remove({ organizationId, userId }),
    () => caller.members.updateRole({ organizationId, userId, role: "admin" }),
  ]) {
    await expect(call()).rejects.toMatchObject(refusal("rule.broken"));
  }
});

test("of two owners who go at once, one stays", async ({ scene }) => {
  for (let round = 0; round < 5; round += 1) {
    const { organization, owner } = await scene.organization();
    const organizationId = organization.id;
    const second = await scene.join(organizationId, await scene.person(), "owner");
    const outcomes = await Promise.allSettled([
      scene.caller(owner).organizations.leave({ organizationId }),
      scene.caller(second).members.updateRole({ organizationId, userId: second.userId, role: "member" }),
    ]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    const refused = outcomes.find((outcome) => outcome.status === "rejected");
    expect(refused?.reason).toMatchObject(refusal("rule.broken"));
  }
});

test("what is given to a person who leaves at the same time fails or is undone", async ({ scene }) => {
  const { organizationId, owner, person, task, project } = await involved(scene);
  await Promise.allSettled([
    scene.caller(owner).members.remove({ organizationId, userId: person.userId }),
    ...[1, 2, 3].map(() =>
      scene.caller(owner).projectMembers.add({ projectId: project.id, userId: person.userId, role: "viewer" }),
    ),
  ]);
  expect(await scene.caller(owner).tasks.get({ taskId: task.id })).toMatchObject({ assigneeIds: [] });
  expect((await scene.changes(`user:${person.userId}`)).at(-1)).toMatchObject({ type: "membership.ended" });
});
