import { expect } from "vitest";
import { toAppError } from "../../errors.ts";
import { type Scene, test } from "../../testing/scene.ts";
import { organizationRoles, projectRoles } from "../permissions.ts";

/** A small random generator with a seed (Mulberry32), so that a failing round can be run again. */
function randomFrom(seed: number) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** What concurrent calls may be told (`validation.failed`: assigned to who cannot see the task); all else is a fault. */
const expected = ["validation.failed", "not-found", "access.denied", "rule.broken", "conflict", "stale"];

async function crowd(scene: Scene, seed: number) {
  const { organization, owner, project, bug, todo, done, doing } = await scene.project();
  const organizationId = organization.id;
  const caller = scene.caller(owner);
  const people = await Promise.all(
    organizationRoles.map(async (role) => scene.join(organizationId, await scene.person(), role)),
  );
  const team = await caller.teams.create({ organizationId, name: "Team" });
  const other = await caller.projects.create({ organizationId, name: "Other", visibility: "private" });
  const projectIds = [project.id, other.id];
  const task = await caller.tasks.create({
    projectId: project.id,
    title: "Shared",
    statusId: todo.id,
    labelIds: [bug.id],
  });
  const laws = [
    [`organization:${organizationId}`, owner],
    [`organization-admins:${organizationId}`, owner],
    ...projectIds.map((id) => [`project:${id}`, owner] as const),
    ...people.map((person) => [`user:${person.userId}`, person] as const),
  ] as const;

  const random = randomFrom(seed);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const someone = () => pick(people).userId;
  const someProject = () => pick(projectIds);
  const memberIds: string[] = [];
  const acts: (() => Promise<unknown>)[] = [
    () => caller.members.updateRole({ organizationId, userId: someone(), role: pick(organizationRoles) }),
    () => caller.teams.addMember({ teamId: team.id, userId: someone() }),
    () => caller.teams.removeMember({ teamId: team.id, userId: someone() }),
    () => caller.teams.update({ teamId: team.id, name: `Team ${random()}` }),
    () => caller.projects.update({ projectId: someProject(), visibility: pick(["private", "organization"]) }),
    () => caller.projects.update({ projectId: someProject(), name: `Project ${random()}` }),
    async () => {
      const whom = random() < 0.5 ? { userId: someone() } : { teamId: team.id };
      const added = await caller.projectMembers.add({ projectId: someProject(), role: pick(projectRoles), ...whom });
      memberIds.push(added.id);
    },
    () =>
      caller.projectMembers.updateRole({ projectMemberId: pick([task.id, ...memberIds]), role: pick(projectRoles) }),
    () => caller.projectMembers.remove({ projectMemberId: pick([task.id, ...memberIds]) }),
    () => caller.tasks.assign({ taskId: task.id, assigneeIds: [someone()] }),
    () => caller.tasks.move({ taskId: task.id, toStatusId: pick([todo, done, doing]).id, afterTaskId: null }),
    () => caller.statuses.move({ statusId: pick([todo, done, doing]).id, afterStatusId: null }),
    () => caller.statuses.update({ statusId: todo.id, category: pick(["todo", "done"]) }),
    () => scene.caller(pick(people)).organizations.leave({ organizationId }),
    async () => {
      const person = pick(people);
      const email = `${person.userId}@example.test`;
      const invitation = await caller.invitations.create({ organizationId, email, role: "member" });
      const { token } = await caller.invitations.link({ invitationId: invitation.id });
      await scene.caller(person).invitations.accept({ token });
    },
  ];
  return { laws, act: () => pick(acts)() };
}

test.for([1, 2, 3])("whatever happens to people at once, every copy stays true (seed %i)", async (seed, { scene }) => {
  const { laws, act } = await crowd(scene, seed);
  for (let round = 0; round < 6; round += 1) {
    const outcomes = await scene.expectLaw(laws, () => Promise.allSettled(Array.from({ length: 12 }, act)));
    const codes = outcomes.flatMap((outcome) =>
      outcome.status === "rejected" ? [toAppError(outcome.reason.cause).code] : [],
    );
    expect(codes.filter((code) => !expected.includes(code))).toEqual([]);
  }
});
