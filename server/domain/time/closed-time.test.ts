import { expect } from "vitest";
import { type Scene, test } from "../../testing/scene.ts";
import { approved, closed, working } from "../../testing/working.ts";
import { lockDueSheets } from "./lock-timesheet.ts";

type World = Awaited<ReturnType<typeof working>> & { otherDay: { timeEntryId: string } };

/** A week that nobody may change any more, closed in one of three ways, and an open entry besides. */
async function closedWeek(scene: Scene, how: "handed in" | "approved" | "period over"): Promise<World> {
  const world = how === "approved" ? await approved(scene) : await working(scene);
  const { asWorker, asOwner, work, organization, sheet } = world;
  const open = await asWorker.timeEntries.create({ ...work, spentOn: "2026-03-10", durationMinutes: 30 });
  if (how === "handed in") await asWorker.timesheets.submit({ timesheetId: sheet.id });
  if (how === "period over")
    await asOwner.timeSettings.close({ organizationId: organization.id, closedUntil: "2026-02-28" });
  return { ...world, otherDay: { timeEntryId: open.id } };
}

const inWeek = { startedAt: "2026-02-11T09:00:00Z", endedAt: "2026-02-11T10:00:00Z" };

const ways: Record<string, (world: World) => Promise<unknown>> = {
  "booking time": ({ asWorker, work }) =>
    asWorker.timeEntries.create({ ...work, spentOn: "2026-02-12", durationMinutes: 5 }),
  "booking from when to when": ({ asWorker, work }) => asWorker.timeEntries.create({ ...work, ...inWeek }),
  "booking for somebody": ({ asOwner, work, worker }) =>
    asOwner.timeEntries.create({ ...work, userId: worker.userId, spentOn: "2026-02-12", durationMinutes: 5 }),
  "changing the comment": ({ asWorker, entry }) => asWorker.timeEntries.update({ timeEntryId: entry.id, comment: "x" }),
  "a manager's change": ({ asOwner, entry }) => asOwner.timeEntries.update({ timeEntryId: entry.id, billable: false }),
  "moving time out": ({ asWorker, entry }) =>
    asWorker.timeEntries.update({ timeEntryId: entry.id, spentOn: "2026-03-11" }),
  "moving time in": ({ asWorker, otherDay }) => asWorker.timeEntries.update({ ...otherDay, spentOn: "2026-02-11" }),
  "moving time in by its start": ({ asWorker, otherDay }) => asWorker.timeEntries.update({ ...otherDay, ...inWeek }),
  "moving it to another task": ({ asWorker, entry }) =>
    asWorker.timeEntries.update({ timeEntryId: entry.id, taskId: null }),
  "deleting time": ({ asWorker, entry }) => asWorker.timeEntries.delete({ timeEntryId: entry.id }),
  "a manager's deletion": ({ asOwner, entry }) => asOwner.timeEntries.delete({ timeEntryId: entry.id }),
  "stopping a timer that began in it": async ({ asWorker, work }) => {
    await asWorker.timers.start({ ...work, startedAt: inWeek.startedAt });
    await asWorker.timers.stop({ endedAt: inWeek.endedAt });
  },
  "importing rows": ({ asWorker, organization, task }) =>
    asWorker.timeEntries.import({
      organizationId: organization.id,
      rows: [
        { task: task.key, spentOn: "2026-03-11", durationMinutes: 5 },
        { task: task.key, spentOn: "2026-02-11", durationMinutes: 5 },
      ],
    }),
  "deleting its task for ever": async ({ asOwner, task }) => {
    await asOwner.tasks.delete({ taskId: task.id });
    await asOwner.tasks.purge({ taskId: task.id });
  },
  "moving its task to another project": async ({ asOwner, task, organization }) => {
    const { id: toProjectId } = await asOwner.projects.create({ organizationId: organization.id, name: "Elsewhere" });
    await asOwner.tasks.moveToProject({ taskId: task.id, toProjectId });
  },
  "deleting its project": ({ asOwner, project }) => asOwner.projects.delete({ projectId: project.id }),
};

const refusals: Record<string, object> = {
  "importing rows": { cause: { code: "validation.failed", details: { rows: [{ row: 2, field: "spentOn" }] } } },
};

test.for(
  (["handed in", "approved", "period over"] as const).flatMap((how) =>
    Object.keys(ways).map((way) => [how, way] as const),
  ),
)("a week that is %s refuses %s", async ([how, way], { scene }) => {
  const world = await closedWeek(scene, how);
  const rows = () =>
    scene.app.sql.query("select * from time.entries where organization_id = $1 order by id", [world.organization.id]);
  const before = await rows();

  await expect(ways[way]?.(world)).rejects.toMatchObject(refusals[way] ?? closed);

  expect(await rows()).toEqual(before);
});

/** What an operation that forgot to ask would send; `$1` is the sheet, `$2` an entry of it, `$3` one of another week. */
const statements = {
  "an insert": `insert into time.entries select gen_random_uuid(), organization_id, project_id, task_id, user_id, timesheet_id, spent_on, null, null, 5,
    null, true, '', false, false, 1, now(), now() from time.entries where id = $2`,
  "an update": "update time.entries set duration_minutes = 1 where id = $2",
  "moving out":
    "update time.entries set spent_on = '2026-03-11', timesheet_id = (select timesheet_id from time.entries where id = $3) where id = $2",
  "moving in": "update time.entries set spent_on = '2026-02-11', timesheet_id = $1 where id = $3",
  "a deletion": "delete from time.entries where id = $2",
  "moving the task": `update tasks.tasks set number = 999999, project_id = (select id from projects.projects where id <> project_id limit 1) where id = (select task_id from time.entries where id = $2)`,
  "dropping the task": "update time.entries set task_id = null where id = $2",
};

test.for(
  (["handed in", "approved", "period over"] as const).flatMap((how) =>
    Object.entries(statements).map(([what, sql]) => [how, what, sql] as const),
  ),
)("in a week that is %s the database itself refuses %s", async ([how, , sql], { scene }) => {
  const { sheet, entry, otherDay } = await closedWeek(scene, how);
  const used = [sheet.id, entry.id, otherDay.timeEntryId].map((id, at) => (sql.includes(`$${at + 1}`) ? id : null));
  const typed = sql.replace(/\$(\d)/g, (_, n) => `'${used[Number(n) - 1]}'`);
  await expect(scene.app.sql.query(typed)).rejects.toMatchObject({ code: "23514", constraint: "time_closed" });
});

test.for([
  [
    "an entry on a day that its sheet does not hold",
    "update time.entries set spent_on = '2026-07-01' where timesheet_id = $1",
    "entries_sheet",
  ],
  [
    "two sheets with a day in common",
    "insert into time.timesheets select gen_random_uuid(), organization_id, user_id, ends_on, ends_on, state, '', null, null, null, null, '{}', true, 1, now(), now() from time.timesheets where id = $1",
    "timesheets_days",
  ],
] as const)("the database refuses %s", async ([, sql, constraint], { scene }) => {
  const { sheet } = await working(scene);
  await expect(scene.app.sql.query(sql, [sheet.id])).rejects.toMatchObject({ constraint });
});

test("a timer that runs when its week is handed in is not booked, and keeps nobody in the organization", async ({
  scene,
}) => {
  const { asWorker, asOwner, organization, worker, work, channels } = await working(
    scene,
    new Date().toISOString().slice(0, 10),
  );
  const { id: timesheetId } = await asWorker.timesheets.open({ organizationId: organization.id });
  await asWorker.timers.start(work);
  await asWorker.timesheets.submit({ timesheetId });

  await expect(asWorker.timers.stop({})).rejects.toMatchObject(closed);
  await expect(asWorker.timers.switch(work)).rejects.toMatchObject(closed);
  expect(await asWorker.timers.current({})).toMatchObject(work);

  const away = { organizationId: organization.id, userId: worker.userId };
  await scene.expectLaw(channels, () => asOwner.members.remove(away));
  expect(await asWorker.timers.current({})).toBeNull();
  expect((await scene.changes(`user:${worker.userId}`)).map(({ type }) => type)).toContain("timer.discarded");
  expect((await asOwner.timeEntries.list({ organizationId: organization.id })).items).toHaveLength(1);
});

test("a period is closed for good, its sheets are locked, and what it is worth stays", async ({ scene }) => {
  const { asOwner, asWorker, organization, sheet, entry, channels, owner } = await working(scene);
  const { id: organizationId } = organization;
  const rate = { organizationId, amountMinorPerHour: 100, currency: "EUR" };
  const old = await asOwner.rates.create({ ...rate, startsOn: "2026-01-01" });
  const all = [...channels, [`organization-rates:${organizationId}`, owner]] as const;

  const until = { organizationId, closedUntil: "2026-02-28" };
  await scene.expectLaw(all, () => asOwner.timeSettings.close(until));
  expect(await asOwner.timeSettings.close(until)).toMatchObject({ closedUntil: "2026-02-28", version: 1 });
  await expect(asOwner.timeSettings.close({ ...until, closedUntil: "2026-02-27" })).rejects.toMatchObject(closed);
  const today = new Date().toISOString().slice(0, 10);
  await expect(asOwner.timeSettings.close({ ...until, closedUntil: today })).rejects.toMatchObject({
    cause: { details: { rule: "time.not-over" } },
  });
  await expect(asWorker.timeSettings.close(until)).rejects.toMatchObject({ cause: { code: "access.denied" } });
  const jobs = await scene.app.sql.query("select input from feed.jobs where name = 'time.lock-sheets' and key = $1", [
    organizationId,
  ]);
  expect(jobs).toEqual([{ input: { organizationId } }]);
  await scene.expectLaw(all, () => lockDueSheets(scene.ctx(null), organizationId));
  expect(await asWorker.timesheets.get({ timesheetId: sheet.id })).toMatchObject({ state: "locked" });
  expect(await asWorker.timeEntries.get({ timeEntryId: entry.id })).toEqual(entry);

  for (const change of [
    () => asOwner.rates.create({ ...rate, startsOn: "2026-02-28" }),
    () => asOwner.rates.update({ rateId: old.id, amountMinorPerHour: 1 }),
    () => asOwner.rates.delete({ rateId: old.id }),
  ])
    await expect(change()).rejects.toMatchObject(closed);
  const later = await scene.expectLaw(all, () => asOwner.rates.create({ ...rate, startsOn: "2026-03-01" }));
  await expect(asOwner.rates.update({ rateId: later.id, startsOn: "2026-02-01" })).rejects.toMatchObject(closed);
  for (const sql of [
    "update time.rates set amount_minor_per_hour = 1 where organization_id = $1",
    "update time.settings set closed_until = null where organization_id = $1",
    "update time.timesheets set state = 'open', locked_at = null where organization_id = $1",
    "delete from time.timesheets where organization_id = $1",
  ])
    await expect(scene.app.sql.query(sql, [organizationId])).rejects.toMatchObject({ constraint: "time_closed" });
});

test("closing and booking at once: what is closed has no entry that came later", async ({ scene }) => {
  const { asOwner, asWorker, organization, work } = await working(scene);
  const { id: organizationId } = organization;
  const book = () => asWorker.timeEntries.create({ ...work, spentOn: "2026-02-12", durationMinutes: 5 });
  const outcomes = await Promise.allSettled([
    book(),
    book(),
    asOwner.timeSettings.close({ organizationId, closedUntil: "2026-02-28" }),
    book(),
    book(),
  ]);
  for (const outcome of outcomes) if (outcome.status === "rejected") expect(outcome.reason).toMatchObject(closed);
  const count = async () => (await asWorker.timeEntries.list({ organizationId })).items.length;
  expect(await count()).toBe(outcomes.filter(({ status }) => status === "fulfilled").length);
  await expect(book()).rejects.toMatchObject(closed);
});

test("open time outlives its task, and goes with its project and its organization", async ({ scene }) => {
  const { asOwner, asWorker, organization, project, task, entry, channels, work } = await working(scene);
  await asWorker.timers.start(work);
  await asOwner.tasks.delete({ taskId: task.id });
  await scene.expectLaw(channels, () => asOwner.tasks.purge({ taskId: task.id }));
  expect(await asWorker.timeEntries.get({ timeEntryId: entry.id })).toMatchObject({
    taskId: null,
    durationMinutes: 60,
  });
  expect(await asWorker.timers.current({})).toMatchObject({ taskId: null, projectId: project.id });

  const left = channels.filter(([channel]) => !channel.startsWith("project-time"));
  await scene.expectLaw(left, () => asOwner.projects.delete({ projectId: project.id }));
  expect(await asWorker.timers.current({})).toBeNull();
  expect((await asWorker.timeEntries.list({ organizationId: organization.id })).items).toEqual([]);
});

test("the end of an organization takes its time along, closed or not", async ({ scene }) => {
  const { asOwner, asWorker, organization, worker, work } = await approved(scene);
  const { id: organizationId } = organization;
  await asWorker.timers.start(work);
  await asOwner.rates.create({ organizationId, startsOn: "2026-01-01", amountMinorPerHour: 1, currency: "EUR" });
  await asOwner.timeSettings.close({ organizationId, closedUntil: "2026-02-28" });
  await lockDueSheets(scene.ctx(null), organizationId);
  await asWorker.timesheets.open({ organizationId, day: "2026-04-01" });

  await scene.expectLaw([[`user:${worker.userId}`, worker]], () =>
    asOwner.organizations.delete({ organizationId, confirm: organization.slug }),
  );

  for (const table of ["entries", "timesheets", "timers", "rates", "settings"])
    expect(await scene.app.sql.query(`select from time.${table} where organization_id = $1`, [organizationId])).toEqual(
      [],
    );
});
