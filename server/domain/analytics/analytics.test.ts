import { expect } from "vitest";
import { catchUp, foundProject } from "../../testing/analytics.ts";
import { openTestApp } from "../../testing/app.ts";
import { refusal, Scene, test } from "../../testing/scene.ts";

/** A project of an organization with a member in a team, who has a task in progress; another of nobody. */
async function buildFigures(scene: Scene) {
  const founded = await foundProject(scene);
  const { organizationId, owner, manager, project, todo, doing } = founded;
  const projectId = project.id;
  const colleague = await scene.join(organizationId, await scene.person(), "member");
  const other = await scene.join(organizationId, await scene.person(), "member");
  for (const { userId } of [colleague, other]) {
    await manager.projectMembers.add({ projectId, userId, role: "viewer" });
  }
  const team = await manager.teams.create({ organizationId, name: `Team ${crypto.randomUUID()}` });
  await manager.teams.addMember({ teamId: team.id, userId: colleague.userId });
  const mine = await manager.tasks.create({
    ...{ projectId, title: "=Mine", statusId: todo, estimateMinutes: 60, assigneeIds: [colleague.userId] },
    dueOn: "2026-01-10",
  });
  await manager.tasks.move({ taskId: mine.id, toStatusId: doing, afterTaskId: null });
  const free = await manager.tasks.create({ projectId, title: "Free", statusId: todo });
  await catchUp(scene);
  const members = (await manager.members.list({ organizationId })).items;
  const memberOf = (userId: string) => `member:${members.find((member) => member.userId === userId)?.id}` as const;
  return { ...founded, owner, colleague, other, team, mine, free, memberOf };
}

test("a figure of a project, a team, a person and the organization counts what is theirs", async ({ scene }) => {
  const { manager, organizationId, project, team, colleague, memberOf } = await buildFigures(scene);
  const remaining = async (scope: Parameters<typeof manager.analytics.burnDown>[0]["scope"]) =>
    (await manager.analytics.burnDown({ scope })).points.at(-1)?.remaining;

  expect(await remaining(`project:${project.id}`)).toEqual({ tasks: 2, minutes: 60 });
  expect(await remaining(`organization:${organizationId}`)).toEqual({ tasks: 2, minutes: 60 });
  expect(await remaining(`team:${team.id}`)).toEqual({ tasks: 1, minutes: 60 });
  expect(await remaining(memberOf(colleague.userId))).toEqual({ tasks: 1, minutes: 60 });
});

test("a person's figures are for themselves and for who manages; a team's for its people and admins", async ({
  scene,
}) => {
  const { project, team, colleague, other, memberOf } = await buildFigures(scene);
  const [me, somebody] = [scene.caller(colleague), scene.caller(other)];
  const myself = memberOf(colleague.userId);

  expect((await me.analytics.overdue({ scope: myself })).points.at(-1)?.overdue).toEqual({ tasks: 1, minutes: 60 });
  expect((await me.analytics.throughput({ scope: `team:${team.id}` })).points).toHaveLength(30);
  const workload = { scope: `project:${project.id}` } as const;
  expect((await me.analytics.workload(workload)).people).toMatchObject([
    { userId: colleague.userId, overdueTasks: 1 },
    { userId: null },
  ]);
  expect(await somebody.analytics.workload(workload)).toMatchObject({
    total: { tasks: 2 },
    people: [{ userId: null }],
  });
  await expect(somebody.analytics.burnUp({ scope: myself })).rejects.toMatchObject(refusal("access.denied"));
  await expect(somebody.analytics.burnUp({ scope: `team:${team.id}` })).rejects.toMatchObject(refusal("access.denied"));
  const ofColleague = { scope: workload.scope, of: "standing" as const, assigneeId: colleague.userId };
  expect((await somebody.analytics.tasks(ofColleague)).items).toEqual([]);
  expect((await me.analytics.tasks(ofColleague)).items).toHaveLength(1);
});

test.for([
  ["project", "not-found"],
  ["organization", "not-found"],
  ["team", "not-found"],
  ["member", "not-found"],
] as const)("a stranger's question about a %s fails with %s", async ([kind, code], { scene }) => {
  const { project, organizationId, team, colleague, memberOf } = await buildFigures(scene);
  const scopes = {
    project: `project:${project.id}`,
    organization: `organization:${organizationId}`,
    team: `team:${team.id}`,
    member: memberOf(colleague.userId),
  } as const;
  const stranger = scene.caller((await scene.organization()).owner);
  for (const figure of ["burnDown", "cumulativeFlow", "forecast", "velocity", "workload"] as const) {
    await expect(stranger.analytics[figure]({ scope: scopes[kind] })).rejects.toMatchObject(refusal(code));
  }
});

test.for([
  [{ from: "2026-02-01", to: "2026-01-01" }, "backwards"],
  [{ from: "2015-01-01", to: "2026-01-01" }, "too long"],
  [{ from: "2020-01-01", to: "2026-01-01" }, "too many days"],
  [{ timeZone: "Europe/Atlantis" }, "a place that is none"],
  [{ to: "9999-12-31" }, "its end has no day after it"],
  [{ from: "0099-12-30", to: "0100-01-02" }, "too early"],
] as const)("a period %o is refused: %s", async ([period], { scene }) => {
  const { manager, project } = await foundProject(scene);
  const asked = manager.analytics.throughput({ scope: `project:${project.id}`, ...period });
  await expect(asked).rejects.toMatchObject({ code: "BAD_REQUEST" });
});

test("each figure opens down to its tasks, page by page", async ({ scene }) => {
  const { manager, project, mine, free, done } = await buildFigures(scene);
  const scope = `project:${project.id}` as const;
  const keys = async (question: Omit<Parameters<typeof manager.analytics.tasks>[0], "scope">) =>
    (await manager.analytics.tasks({ scope, ...question })).items.map(({ key }) => key);

  expect(await keys({ of: "standing" })).toEqual([mine.key, free.key]);
  expect(await keys({ of: "standing", categories: ["in_progress"] })).toEqual([mine.key]);
  expect(await keys({ of: "overdue" })).toEqual([mine.key]);
  expect(await keys({ of: "created" })).toEqual([mine.key, free.key]);
  expect(await keys({ of: "completed" })).toEqual([]);
  expect(await keys({ of: "standing", to: "2026-01-01" })).toEqual([]); // nothing was there yet
  const first = await manager.analytics.tasks({ scope, of: "standing", limit: 1 });
  const second = await manager.analytics.tasks({ scope, of: "standing", limit: 1, cursor: first.nextCursor as string });
  expect([...first.items, ...second.items].map(({ key }) => key)).toEqual([mine.key, free.key]);
  expect(second.nextCursor).toBeNull();

  await manager.tasks.move({ taskId: mine.id, toStatusId: done, afterTaskId: null });
  await catchUp(scene);
  expect(await keys({ of: "completed" })).toEqual([mine.key]);
  expect(await keys({ of: "completed", minCycleMinutes: 1 })).toEqual([]);
  expect(await manager.analytics.cycleTime({ scope })).toMatchObject({ completedTasks: 1, neverStarted: 0 });
  const { statuses } = await manager.analytics.timeInStatus({ scope });
  expect(statuses.map(({ name, tasks }) => [name, tasks])).toEqual([
    ["To do", 1],
    ["In progress", 1],
  ]);
});

test("a sprint's commitment is what it began with; what was done at its end is its velocity", async ({ scene }) => {
  const { manager, project, todo, done } = await foundProject(scene);
  const projectId = project.id;
  const today = new Date().toISOString().slice(0, 10);
  const sprint = await manager.sprints.create({ projectId, name: "First", startsOn: today, endsOn: "2030-01-01" });
  const add = (title: string) =>
    manager.tasks.create({ projectId, title, statusId: todo, estimateMinutes: 30, sprintId: sprint.id });
  const [one] = [await add("One"), await add("Two")];
  await manager.sprints.start({ sprintId: sprint.id });
  const late = await add("Late");
  for (const { id } of [one, late]) await manager.tasks.move({ taskId: id, toStatusId: done, afterTaskId: null });
  await catchUp(scene);
  const running = await manager.analytics.velocity({ scope: `project:${projectId}` });
  const burn = await manager.analytics.burnDown({ scope: `sprint:${sprint.id}`, to: today });
  await manager.sprints.close({ sprintId: sprint.id, handOverToSprintId: null });
  await catchUp(scene);

  const amounts = { committed: { tasks: 2, minutes: 60 }, completed: { tasks: 2, minutes: 60 } };
  expect(running).toMatchObject({ sprints: [{ sprintId: sprint.id, closedAt: null, ...amounts }], average: null });
  expect(burn.points.at(-1)).toMatchObject({ remaining: { tasks: 1 }, scope: { tasks: 3 } });
  const closed = await manager.analytics.velocity({ scope: `sprint:${sprint.id}` });
  expect(closed).toMatchObject({
    sprints: [{ closedAt: expect.any(String), ...amounts }],
    average: { tasks: 2, minutes: 60 },
  });
});

test("a kept figure is answered again, and anew once its facts move, also when they are rebuilt", async ({ scene }) => {
  const { manager, project, todo } = await buildFigures(scene);
  const remaining = async () =>
    (await manager.analytics.burnDown({ scope: `project:${project.id}` })).points.at(-1)?.remaining;
  expect(await remaining()).toEqual({ tasks: 2, minutes: 60 });
  const { sql } = scene.app;
  // Facts that change behind the cursor's back show that an answer was kept.
  await sql.query("update analytics.tasks set estimate_minutes = 600 where project_id = $1 and title = '=Mine'", [
    project.id,
  ]);
  expect(await remaining()).toEqual({ tasks: 2, minutes: 60 });
  await sql.query("update feed.projections set seq = seq where channel = $1", [`project:${project.id}`]);
  expect(await remaining()).toEqual({ tasks: 2, minutes: 600 });

  await manager.tasks.create({ projectId: project.id, title: "New", statusId: todo, estimateMinutes: 5 });
  await catchUp(scene);
  expect(await remaining()).toEqual({ tasks: 3, minutes: 605 });
});

test("figures are read from a replica that answers, and from the primary when none does", async ({ scene }) => {
  const primary = await openTestApp({ DATABASE_REPLICA_URLS: scene.app.config.DATABASE_URL ?? "" });
  try {
    // Another database in the replica's place shows where a figure was read.
    const here = new Scene(primary.app);
    const { manager, project } = await buildFigures(here);
    const ask = async () =>
      (await manager.analytics.burnDown({ scope: `project:${project.id}` })).points.at(-1)?.remaining;
    expect(await ask()).toEqual({ tasks: 0, minutes: 0 });

    await scene.app.sql.query("alter schema analytics rename to analytics_away");
    try {
      expect(await ask()).toEqual({ tasks: 2, minutes: 60 });
    } finally {
      await scene.app.sql.query("alter schema analytics_away rename to analytics");
    }
  } finally {
    await primary.close();
  }
});

test("a replica that cannot be reached costs nothing but a try", async () => {
  const { app, close } = await openTestApp({ DATABASE_REPLICA_URLS: "postgres://nobody@127.0.0.1:1/none" });
  try {
    const scene = new Scene(app);
    const { manager, project } = await buildFigures(scene);
    const flow = await manager.analytics.cumulativeFlow({ scope: `project:${project.id}` });
    expect(flow.points.at(-1)?.categories?.todo.tasks).toBe(1);
  } finally {
    await close();
  }
});
