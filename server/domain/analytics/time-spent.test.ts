import { describe, expect } from "vitest";
import { catchUp, foundProject } from "../../testing/analytics.ts";
import { refusal, type Scene, test } from "../../testing/scene.ts";
import { scopes } from "../scopes.ts";
import { addDays } from "./calendar.ts";
import type { ScopeName } from "./scope.ts";

const days = { from: "2026-02-02", to: "2026-02-15" };
const period = { ...days, workingDays: [1, 2, 3, 4, 5] };

/**
 * Two people of a team who spent time on a project, one of them (`worker`) also on another that she manages; each is
 * an editor, the owner manages everything.
 */
async function spent(scene: Scene) {
  const one = await foundProject(scene);
  const other = await foundProject(scene, one);
  const { organizationId, owner, manager } = one;
  const [projectId, otherId] = [one.project.id, other.project.id];
  const join = async () => scene.join(organizationId, await scene.person(), "member");
  const [worker, colleague] = [await join(), await join()];
  const team = await manager.teams.create({ organizationId, name: `Team ${crypto.randomUUID()}` });
  for (const { userId } of [worker, colleague]) {
    await manager.projectMembers.add({ projectId, userId, role: "editor" });
    await manager.teams.addMember({ teamId: team.id, userId });
  }
  await manager.projectMembers.add({ projectId: otherId, userId: worker.userId, role: "manager" });
  await manager.projectMembers.add({ projectId: otherId, userId: colleague.userId, role: "viewer" });
  const task = await manager.tasks.create({ projectId, title: "=Task", estimateMinutes: 120 });
  const [asWorker, asColleague] = [scene.caller(worker), scene.caller(colleague)];
  const book = (caller: typeof asWorker, spentOn: string, durationMinutes: number, part: object = {}) =>
    caller.timeEntries.create({ projectId, spentOn, durationMinutes, ...part });
  await book(asWorker, "2026-01-30", 15, { taskId: task.id }); // before the period
  await book(asWorker, "2026-02-03", 60, { taskId: task.id });
  await book(asWorker, "2026-02-03", 30, { billable: false });
  await book(asColleague, "2026-02-10", 45, { taskId: task.id, billable: false });
  await book(asColleague, "2026-02-11", 5, { projectId: otherId });
  await catchUp(scene);
  const members = (await manager.members.list({ organizationId })).items;
  const memberOf = ({ userId }: { userId: string }) =>
    `member:${members.find((member) => member.userId === userId)?.id}` as const;
  const scopesOf = {
    project: `project:${projectId}`,
    other: `project:${otherId}`,
    team: `team:${team.id}`,
    organization: `organization:${organizationId}`,
    worker: memberOf(worker),
    colleague: memberOf(colleague),
  } as const;
  return { ...one, manager, owner, projectId, otherId, worker, colleague, asWorker, asColleague, task, book, scopesOf };
}
type Spent = Awaited<ReturnType<typeof spent>>;

let built: Promise<Spent> | undefined;
/** One for all who only look. */
const untouched = (scene: Scene): Promise<Spent> => (built ??= spent(scene));

test("time spent on a project: by day, week and month, people and projects, beside estimates", async ({ scene }) => {
  const { manager, projectId, otherId, worker, colleague, scopesOf } = await untouched(scene);
  const ask = (granularity: "day" | "week" | "month", scope: keyof typeof scopesOf = "project") =>
    manager.analytics.timeSpent({ scope: scopesOf[scope], ...period, granularity });

  const weeks = await ask("week");

  expect(weeks).toEqual({
    ...{ ...days, timeZone: "UTC", holds: "all" },
    points: [
      { from: "2026-02-02", to: "2026-02-08", minutes: 90, billableMinutes: 60 },
      { from: "2026-02-09", to: "2026-02-15", minutes: 45, billableMinutes: 0 },
    ],
    total: { minutes: 135, billableMinutes: 60 },
    minutesPerWorkingDay: 13.5,
    estimated: { tasks: 1, estimateMinutes: 120, actualMinutes: 120 },
    people: [
      { userId: worker.userId, minutes: 90, billableMinutes: 60 },
      { userId: colleague.userId, minutes: 45, billableMinutes: 0 },
    ],
    projects: [{ projectId, minutes: 135, billableMinutes: 60 }],
  });
  expect((await ask("day")).points.filter(({ minutes }) => minutes > 0)).toEqual([
    { from: "2026-02-03", to: "2026-02-03", minutes: 90, billableMinutes: 60 },
    { from: "2026-02-10", to: "2026-02-10", minutes: 45, billableMinutes: 0 },
  ]);
  expect((await ask("month")).points).toEqual([{ ...days, ...weeks.total }]);
  const totals = async (scope: keyof typeof scopesOf) => (await ask("month", scope)).total.minutes;
  expect([await totals("organization"), await totals("team"), await totals("colleague")]).toEqual([140, 140, 50]);
  expect((await ask("month", "organization")).projects.map((project) => project.projectId)).toEqual([
    projectId,
    otherId,
  ]);
});

test("each bar opens to its tasks and their minutes, most first, page by page", async ({ scene }) => {
  const { manager, task, projectId, colleague, scopesOf, book, asWorker } = await spent(scene);
  const more = await manager.tasks.create({ projectId, title: "Another" });
  await book(asWorker, "2026-02-12", 45, { taskId: more.id });
  await catchUp(scene);
  const ask = (part: object = {}) => manager.analytics.timeSpentTasks({ scope: scopesOf.project, ...days, ...part });
  const none = { taskId: null, key: null, title: null, estimateMinutes: null };
  const ofTask = {
    taskId: task.id,
    key: task.key,
    title: "=Task",
    projectId,
    estimateMinutes: 120,
    actualMinutes: 120,
  };
  const all = [
    { ...ofTask, minutes: 105, billableMinutes: 60 },
    { ...ofTask, taskId: more.id, key: more.key, title: "Another", estimateMinutes: null, minutes: 45 },
    { ...none, projectId, minutes: 30, billableMinutes: 0, actualMinutes: 30 },
  ];

  expect((await ask()).items).toMatchObject([all[0], { ...all[1], actualMinutes: 45 }, all[2]]);
  const bar = { from: "2026-02-03", to: "2026-02-03" };
  expect((await ask({ ...bar, billable: true })).items).toEqual([
    { ...ofTask, minutes: 60, billableMinutes: 60, actualMinutes: 75 },
  ]);
  expect((await ask({ userId: colleague.userId })).items).toMatchObject([{ taskId: task.id, minutes: 45 }]);
  const met: (string | null)[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page: Awaited<ReturnType<typeof ask>> = await ask({ limit: 1, cursor });
    met.push(...page.items.map(({ taskId }) => taskId));
    cursor = page.nextCursor;
  }
  expect(met).toEqual([task.id, more.id, null]);
  const cursor = Buffer.from(JSON.stringify(["x", task.id])).toString("base64url");
  await expect(ask({ cursor })).rejects.toMatchObject(refusal("validation.failed"));
});

describe("who may not read others' time meets only their own", () => {
  /** Minutes that a caller meets anywhere in the answers about a scope. */
  async function met(caller: Spent["asWorker"], scope: ScopeName) {
    const figure = await caller.analytics.timeSpent({ scope, ...period });
    const { items } = await caller.analytics.timeSpentTasks({ scope, ...days });
    const sum = (rows: readonly { minutes: number }[]) => rows.reduce((total, { minutes }) => total + minutes, 0);
    const { points, total, people, projects, estimated, holds } = figure;
    for (const rows of [points, people, projects, items]) expect(sum(rows)).toBe(total.minutes);
    return {
      ...{ holds, minutes: total.minutes, people: people.map(({ userId }) => userId) },
      actual: [estimated.actualMinutes, ...items.flatMap((task) => (task.taskId ? task.actualMinutes : []))],
    };
  }

  test.for([
    ["asWorker", "project", { holds: "own", minutes: 90, actual: [75, 75] }, ["worker"]],
    ["asColleague", "project", { holds: "own", minutes: 45, actual: [45, 45] }, ["colleague"]],
    ["asColleague", "team", { holds: "own", minutes: 50, actual: [45, 45] }, ["colleague"]],
    ["asColleague", "colleague", { holds: "own", minutes: 50, actual: [45, 45] }, ["colleague"]],
    ["asColleague", "organization", { holds: "own", minutes: 50, actual: [45, 45] }, ["colleague"]],
    ["asWorker", "other", { holds: "all", minutes: 5, actual: [0] }, ["colleague"]],
    ["asWorker", "organization", { holds: "partly", minutes: 95, actual: [75, 75] }, ["worker", "colleague"]],
    ["asWorker", "colleague", { holds: "all", minutes: 5, actual: [0] }, ["colleague"]],
    ["manager", "project", { holds: "all", minutes: 135, actual: [120, 120] }, ["worker", "colleague"]],
  ] as const)("%s asks about %s", async ([who, scope, expected, people], { scene }) => {
    const world = await untouched(scene);
    expect(await met(world[who], world.scopesOf[scope])).toEqual({
      ...expected,
      people: people.map((person) => world[person].userId),
    });
  });

  test("a right to people's figures is none to their time, nor is a token beyond its scopes", async ({ scene }) => {
    const { manager, owner, organizationId, projectId, book, scopesOf } = await spent(scene);
    const role = await manager.roles.create({
      ...{ organizationId, level: "project", name: "Reader of figures" },
      permissions: ["analytics.read-people"],
    });
    const reader = await scene.join(organizationId, await scene.person(), "member");
    await manager.projectMembers.add({ projectId, userId: reader.userId, roleId: role.id });
    const asReader = scene.caller(reader);
    await book(manager, "2026-02-12", 7);
    await catchUp(scene);

    expect((await asReader.analytics.workload({ scope: scopesOf.project })).people).not.toEqual([]);
    expect(await met(asReader, scopesOf.project)).toMatchObject({ holds: "own", minutes: 0, people: [] });
    await expect(met(asReader, scopesOf.worker)).rejects.toMatchObject(refusal("access.denied"));
    const token = (without: string) =>
      scene.caller({ ...owner, scopes: scopes.filter((scope) => scope !== without) }).analytics.timeSpent({
        ...{ scope: scopesOf.project, ...period },
      });
    expect(await token("time.read-others")).toMatchObject({ holds: "own", total: { minutes: 7 } });
    await expect(token("time.read-own")).rejects.toMatchObject(refusal("access.denied"));
    await expect(token("analytics.read")).rejects.toMatchObject(refusal("access.denied"));
    expect((await manager.analytics.timeSpent({ scope: scopesOf.worker, ...period })).total.minutes).toBe(90);
  });

  test("the live copy of a project's time is for those who may read it; the dashboard for all tells of none", async ({
    scene,
  }) => {
    const { asWorker, asColleague, manager, owner, projectId, otherId, book } = await spent(scene);
    const stranger = scene.caller((await scene.organization()).owner);
    const channel = (id: string) => ({ channel: `dashboard-time:${id}` });
    const before = await asColleague.sync.snapshot({ channel: `dashboard:${projectId}` });

    await book(asWorker, "2026-02-04", 10);
    await catchUp(scene);

    expect((await manager.sync.snapshot(channel(projectId))).entities.projectTime).toMatchObject([{ minutes: 160 }]);
    expect((await asWorker.sync.snapshot(channel(otherId))).entities.projectTime).toMatchObject([{ minutes: 5 }]);
    for (const caller of [asWorker, asColleague, stranger])
      await expect(caller.sync.snapshot(channel(projectId))).rejects.toMatchObject(refusal("not-found"));
    const token = scene.caller({ ...owner, scopes: ["analytics.read"] });
    await expect(token.sync.snapshot(channel(projectId))).rejects.toMatchObject(refusal("access.denied"));
    expect(await asColleague.sync.snapshot({ channel: `dashboard:${projectId}` })).toEqual(before);
  });
});

test("time counts in one sprint: the first that its task was in on that day or after it, on the sprint's own days", async ({
  scene,
}) => {
  const { manager, project, todo } = await foundProject(scene);
  const projectId = project.id;
  const today = new Date().toISOString().slice(0, 10);
  const day = (on: number) => addDays(today, on);
  const [first, second] = await Promise.all(
    [
      ["First", -3, 3],
      ["Second", 4, 10],
    ].map(([name, from, to]) =>
      manager.sprints.create({
        ...{ projectId, name: name as string, startsOn: day(from as number), endsOn: day(to as number) },
      }),
    ),
  );
  const [firstId, secondId] = [first?.id as string, second?.id as string];
  const { id: taskId } = await manager.tasks.create({ projectId, title: "One", statusId: todo, sprintId: firstId });
  const aside = await manager.tasks.create({ projectId, title: "Aside", statusId: todo });
  const book = (on: number, durationMinutes: number, of: string | null = taskId) =>
    manager.timeEntries.create({ projectId, taskId: of, spentOn: day(on), durationMinutes });
  await manager.sprints.start({ sprintId: firstId });
  await book(-4, 1); // before the sprint
  await book(-3, 10); // it was to begin then, and did today
  await book(0, 100);
  await book(0, 1_000, aside.id);
  await book(0, 500, null);
  const minutes = async () => {
    await catchUp(scene);
    const of = async (sprintId: string) =>
      (await manager.analytics.timeSpent({ scope: `sprint:${sprintId}`, from: day(-10), to: day(20) })).total.minutes;
    return [await of(firstId), await of(secondId)];
  };
  expect(await minutes()).toEqual([110, 0]);

  await manager.tasks.update({ taskId: aside.id, sprintId: firstId }); // its work was of this sprint after all
  expect(await minutes()).toEqual([1_110, 0]);
  await manager.sprints.close({ sprintId: firstId, handOverToSprintId: secondId });
  await manager.sprints.start({ sprintId: secondId });
  expect(await minutes()).toEqual([1_110, 0]); // the day of the hand-over is the first one's
  await book(2, 50);
  await book(4, 5);
  expect(await minutes()).toEqual([1_110, 55]);
  const { items } = await manager.analytics.timeSpentTasks({ scope: `sprint:${firstId}`, from: day(-10), to: day(20) });
  expect(items.map((task) => [task.taskId, task.minutes])).toEqual([
    [aside.id, 1_000],
    [taskId, 110],
  ]);
});

test("a kept figure is answered again, and anew once time or its tasks move", async ({ scene }) => {
  const { manager, task, projectId, book, asWorker, scopesOf } = await spent(scene);
  const ask = async () => {
    const { total, estimated } = await manager.analytics.timeSpent({ scope: scopesOf.project, ...period });
    return [total.minutes, estimated.estimateMinutes];
  };
  expect(await ask()).toEqual([135, 120]);
  // Facts that change behind the cursor's back show that an answer was kept.
  await scene.app.sql.query("update analytics.time_entries set minutes = minutes + 1 where project_id = $1", [
    projectId,
  ]);
  expect(await ask()).toEqual([135, 120]);
  await manager.tasks.update({ taskId: task.id, estimateMinutes: 240 });
  await catchUp(scene);
  expect(await ask()).toEqual([138, 240]);
  await book(asWorker, "2026-02-04", 10);
  await catchUp(scene);
  expect(await ask()).toEqual([148, 240]);
});
