import { expect } from "vitest";
import { catchUp, changeByChange, foundProject, keptOf } from "../../testing/analytics.ts";
import { type Scene, test } from "../../testing/scene.ts";
import { type Projection, rebuild } from "../projection.ts";
import { addDays } from "./calendar.ts";
import { timeFacts } from "./time-facts.ts";

const monday = "2026-02-09";

/** Two projects, and somebody who works on both of them. */
async function atWork(scene: Scene) {
  const one = await foundProject(scene);
  const other = await foundProject(scene, one);
  const { organizationId, owner, manager } = one;
  const projectId = one.project.id;
  const worker = await scene.join(organizationId, await scene.person(), "member");
  for (const { project } of [one, other]) {
    await manager.projectMembers.add({ projectId: project.id, userId: worker.userId, role: "editor" });
  }
  const task = await manager.tasks.create({ projectId, title: "One" });
  const book = (durationMinutes: number, part: object = {}) =>
    scene.caller(worker).timeEntries.create({ projectId, spentOn: monday, durationMinutes, ...part });
  const channels = [projectId, other.project.id].map((id) => [`dashboard-time:${id}`, owner] as const);
  return { ...one, projectId, otherId: other.project.id, worker, asWorker: scene.caller(worker), task, book, channels };
}

const entriesStatement = `select minutes, spent_on as "spentOn", task_id as "taskId", billable from analytics.time_entries
  where project_id = $1 order by minutes`;
const entriesOf = async (scene: Scene, projectId: string) => {
  await catchUp(scene);
  return scene.app.sql.query(entriesStatement, [projectId]);
};

test("time is known as it was booked last: changed, moved to other days and projects, deleted", async ({ scene }) => {
  const { asWorker, projectId, otherId, task, book } = await atWork(scene);
  const { id: timeEntryId } = await book(60, { taskId: task.id });
  const { id: second } = await book(5);
  const known = { minutes: 60, spentOn: monday, taskId: task.id, billable: true };
  const five = { ...known, minutes: 5, taskId: null };
  expect(await entriesOf(scene, projectId)).toEqual([five, known]);

  await asWorker.timeEntries.update({ timeEntryId, spentOn: "2026-02-17", durationMinutes: 90, billable: false });
  await asWorker.timeEntries.update({ timeEntryId, comment: "Texts" });
  const moved = { minutes: 90, spentOn: "2026-02-17", taskId: task.id, billable: false };
  expect(await entriesOf(scene, projectId)).toEqual([five, moved]);

  await asWorker.timeEntries.update({ timeEntryId, projectId: otherId });
  expect(await entriesOf(scene, projectId)).toEqual([five]);
  expect(await entriesOf(scene, otherId)).toEqual([{ ...moved, taskId: null }]);

  await asWorker.timeEntries.update({ timeEntryId, projectId, taskId: task.id });
  await asWorker.timeEntries.delete({ timeEntryId: second });
  expect(await entriesOf(scene, projectId)).toEqual([moved]);
  expect(await entriesOf(scene, otherId)).toEqual([]);
});

test("a timer is no time until it stops, and none if it is discarded", async ({ scene }) => {
  const { asWorker, projectId } = await atWork(scene);
  const startedAt = new Date(Date.now() - 30 * 60_000).toISOString();
  await asWorker.timers.start({ projectId, startedAt });
  expect(await entriesOf(scene, projectId)).toEqual([]);
  await asWorker.timers.stop({});
  expect(await entriesOf(scene, projectId)).toMatchObject([{ minutes: 30 }]);
  await asWorker.timers.start({ projectId, startedAt });
  await asWorker.timers.discard({});
  expect(await entriesOf(scene, projectId)).toHaveLength(1);
});

test("locked time was spent all the same; a task's goes on counting for its project", async ({ scene }) => {
  const { asWorker, manager, projectId, task, book, channels } = await atWork(scene);
  const { timesheetId } = await book(60);
  await book(30, { taskId: task.id, spentOn: "2026-02-16" });
  await catchUp(scene);

  await asWorker.timesheets.submit({ timesheetId });
  await manager.timesheets.approve({ timesheetId });
  await manager.timesheets.lock({ timesheetId });
  await manager.tasks.delete({ taskId: task.id });
  await manager.tasks.purge({ taskId: task.id });
  await scene.expectLaw(channels, () => catchUp(scene));

  const { entities } = await manager.sync.snapshot({ channel: `project-time:${projectId}` });
  expect(entities.timeEntry).toMatchObject([{ durationMinutes: 30 }]); // the other one left it
  expect(await entriesOf(scene, projectId)).toMatchObject([
    { minutes: 30, taskId: null },
    { minutes: 60, taskId: null },
  ]);
});

test("the live copy holds the project's time and its latest 90 days that have any, and ends with it", async ({
  scene,
}) => {
  const { asWorker, manager, organizationId, project, projectId, otherId, book, channels } = await atWork(scene);
  const law = <T>(act: () => Promise<T>): Promise<T> =>
    scene.expectLaw(channels, async () => {
      const result = await act();
      await catchUp(scene);
      return result;
    });
  const shown = async (id = projectId) => (await manager.sync.snapshot({ channel: `dashboard-time:${id}` })).entities;
  const daysShown = async () => (await shown()).projectTimeDay?.map(({ on }) => on).sort() ?? [];
  const days = Array.from({ length: 92 }, (_, at) => addDays("2026-01-01", at));
  const rows = days.map((spentOn) => ({ project: project.key, spentOn, durationMinutes: 10 }));
  await law(() => asWorker.timeEntries.import({ organizationId, rows }));
  const total = { id: projectId, entries: 92, minutes: 920, billableMinutes: 920 };
  expect(await shown()).toMatchObject({ projectTime: [total] });
  expect(await daysShown()).toEqual(days.slice(2));

  const entry = await law(() => book(20, { spentOn: "2026-06-01", billable: false }));
  expect(await daysShown()).toEqual([...days.slice(3), "2026-06-01"]);
  await law(() => asWorker.timeEntries.update({ timeEntryId: entry.id, projectId: otherId }));
  expect(await daysShown()).toEqual(days.slice(2)); // the old day is back
  expect(await shown()).toMatchObject({ projectTime: [total] });
  expect(await shown(otherId)).toMatchObject({ projectTime: [{ minutes: 20, billableMinutes: 0 }] });

  await law(() => asWorker.timeEntries.delete({ timeEntryId: entry.id }));
  expect(await shown(otherId)).toEqual({ projectTime: [], projectTimeDay: [] });
  await manager.projects.delete({ projectId });
  await catchUp(scene);
  expect(Object.values(await keptOf(scene, projectId)).flat()).toEqual([]);
});

test("nothing is known any more of an organization that is gone", async ({ scene }) => {
  const { organizationId, owner, projectId, book } = await atWork(scene);
  await book(60);
  expect(await entriesOf(scene, projectId)).toHaveLength(1);
  const caller = scene.caller(owner);
  const { slug } = await caller.organizations.get({ organizationId });
  await caller.organizations.delete({ organizationId, confirm: slug });
  expect(await entriesOf(scene, projectId)).toEqual([]);
  await rebuild(scene.ctx(null), timeFacts, `project-time:${projectId}`);
  expect(await entriesOf(scene, projectId)).toEqual([]);
});

test("rebuilt from the feed, or fed change by change, it is the same; so is the copy of who watches", async ({
  scene,
}) => {
  const { asWorker, projectId, otherId, task, book, channels } = await atWork(scene);
  for (let at = 0; at < 12; at += 1) {
    const taskId = at % 2 === 0 ? task.id : null;
    const { id: timeEntryId, timesheetId } = await book(at + 1, { taskId, spentOn: `2026-0${1 + (at % 3)}-10` });
    if (at % 3 === 0) await asWorker.timeEntries.update({ timeEntryId, durationMinutes: 100 + at });
    if (at % 4 === 0) await asWorker.timeEntries.update({ timeEntryId, projectId: otherId });
    if (at % 5 === 0) await asWorker.timeEntries.delete({ timeEntryId });
    if (at === 7)
      await asWorker.timesheets.submit({ timesheetId }).then(() => asWorker.timesheets.withdraw({ timesheetId }));
    if (at % 3 === 1) await catchUp(scene);
  }
  await catchUp(scene);
  const kept = await keptOf(scene, projectId);

  const again = (projection: Projection) => rebuild(scene.ctx(null), projection, `project-time:${projectId}`);
  const applied = await scene.expectLaw(channels, () => again(timeFacts));

  expect(applied).toBe(await scene.head(`project-time:${projectId}`));
  expect(kept["time_entries"]?.length).toBeGreaterThan(5);
  expect(await keptOf(scene, projectId)).toEqual(kept);
  await scene.expectLaw(channels, () => again(changeByChange(timeFacts)));
  expect(await keptOf(scene, projectId)).toEqual(kept);
});
