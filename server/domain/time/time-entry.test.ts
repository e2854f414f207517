import { expect } from "vitest";
import { refusal, test } from "../../testing/scene.ts";
import { working } from "../../testing/working.ts";

test("booked time stands in its sheet and with its project's managers", async ({ scene }) => {
  const { worker, owner, asWorker, organization, project, work, entry, sheet, channels } = await working(scene);
  expect(sheet).toMatchObject({ userId: worker.userId, startsOn: "2026-02-09", endsOn: "2026-02-15", state: "open" });

  const second = await scene.expectLaw(channels, () =>
    asWorker.timeEntries.create({
      ...{ projectId: project.id, startedAt: "2026-02-11T09:00:00Z", endedAt: "2026-02-11T10:15:00Z" },
      comment: "Review",
    }),
  );

  expect(second).toMatchObject({
    ...{ organizationId: organization.id, taskId: null, timesheetId: sheet.id, spentOn: "2026-02-11" },
    ...{ startedAt: "2026-02-11T09:00:00.000Z", durationMinutes: 75, billable: true, comment: "Review", version: 1 },
  });
  for (const channel of [`timesheet:${sheet.id}`, `project-time:${project.id}`] as const)
    expect((await scene.changes(channel)).at(-1)).toMatchObject({ type: "time-entry.created", patch: second });
  expect(await scene.changes(`project:${project.id}`)).not.toContainEqual(
    expect.objectContaining({ entity: "timeEntry" }),
  );
  expect((await asWorker.timeEntries.list({ organizationId: organization.id, taskId: work.taskId })).items).toEqual([
    entry,
  ]);
  const { items, nextCursor } = await scene
    .caller(owner)
    .timeEntries.list({ organizationId: organization.id, limit: 1 });
  expect(items).toEqual([second]);
  const rest = await scene
    .caller(owner)
    .timeEntries.list({ organizationId: organization.id, cursor: nextCursor as string });
  expect(rest).toEqual({ items: [entry], nextCursor: null });
});

test("booked time changes, moves to another week and another project, and goes", async ({ scene }) => {
  const { owner, organization, asWorker, worker, entry, channels, project } = await working(scene);
  const other = await scene.project({ organization, owner });
  await scene.caller(owner).projectMembers.add({ projectId: other.project.id, userId: worker.userId, role: "viewer" });
  const next = await asWorker.timesheets.open({ organizationId: organization.id, day: "2026-02-20" });
  const all = [...channels, [`timesheet:${next.id}`, worker], [`project-time:${other.project.id}`, owner]] as const;
  const change = (part: object) =>
    scene.expectLaw(all, () => asWorker.timeEntries.update({ timeEntryId: entry.id, ...part }));

  const longer = await change({ durationMinutes: 90, version: 1 });
  expect(longer).toMatchObject({ durationMinutes: 90, taskId: entry.taskId, version: 2 });
  await expect(asWorker.timeEntries.update({ timeEntryId: entry.id, comment: "", version: 1 })).rejects.toMatchObject(
    refusal("stale"),
  );
  expect(await change({ comment: longer.comment })).toEqual(longer); // nothing differs, nothing changes
  expect(await change({ spentOn: "2026-02-18" })).toMatchObject({ timesheetId: next.id, durationMinutes: 90 });
  expect(await change({ projectId: other.project.id })).toMatchObject({ taskId: null, version: 4 });
  expect(await change({ startedAt: "2026-02-19T08:00:00Z", endedAt: "2026-02-19T08:30:00Z" })).toMatchObject({
    ...{ spentOn: "2026-02-19", durationMinutes: 30 },
  });
  expect(await change({ endedAt: "2026-02-19T09:00:00Z" })).toMatchObject({ durationMinutes: 60 });
  expect(await change({ durationMinutes: 45 })).toMatchObject({ startedAt: null, spentOn: "2026-02-19" });
  const left = (await scene.changes(`project-time:${project.id}`)).at(-1);
  expect(left).toMatchObject({ type: "time-entry.deleted", entityId: entry.id });

  await scene.expectLaw(all, () => asWorker.timeEntries.delete({ timeEntryId: entry.id }));
  await expect(asWorker.timeEntries.delete({ timeEntryId: entry.id })).rejects.toMatchObject(refusal("not-found"));
});

test("managers book and change others' time, and nobody else does", async ({ scene }) => {
  const { project, owner, asWorker, worker, entry, channels, work } = await working(scene);
  const manager = scene.caller(await scene.personWith("manager", project));
  const colleague = scene.caller(await scene.personWith("editor", project));
  const stranger = await scene.as("stranger", project);

  expect(await manager.timeEntries.get({ timeEntryId: entry.id })).toEqual(entry);
  await scene.expectLaw(channels, () => manager.timeEntries.update({ timeEntryId: entry.id, comment: "By hand" }));
  const booked = await scene.expectLaw(channels, () =>
    manager.timeEntries.create({ ...work, userId: worker.userId, spentOn: "2026-02-10", durationMinutes: 15 }),
  );
  expect(booked).toMatchObject({ userId: worker.userId, timesheetId: entry.timesheetId });

  const get = { timeEntryId: entry.id };
  await expect(colleague.timeEntries.get(get)).rejects.toMatchObject(refusal("access.denied"));
  await expect(colleague.timeEntries.update({ ...get, comment: "" })).rejects.toMatchObject(refusal("access.denied"));
  await expect(colleague.timeEntries.delete(get)).rejects.toMatchObject(refusal("access.denied"));
  const forWorker = { ...work, userId: worker.userId, durationMinutes: 5 };
  await expect(colleague.timeEntries.create(forWorker)).rejects.toMatchObject(refusal("access.denied"));
  await expect(stranger.timeEntries.get(get)).rejects.toMatchObject(refusal("not-found"));
  const forStranger = { ...work, userId: (await scene.person()).userId, durationMinutes: 5 };
  await expect(scene.caller(owner).timeEntries.create(forStranger)).rejects.toMatchObject(refusal("not-found"));
  await expect(scene.snapshot(worker, `project-time:${project.id}`)).rejects.toMatchObject({ code: "not-found" });
  expect((await colleague.timeEntries.list({ organizationId: project.organizationId })).items).toEqual([]);
  expect((await asWorker.timeEntries.list({ organizationId: project.organizationId })).items).toHaveLength(2);
});

test.for([
  ["nothing about how long", {}, "validation.failed"],
  ["a start without an end", { startedAt: "2026-02-10T09:00:00Z" }, "validation.failed"],
  [
    "a duration besides start and end",
    { startedAt: "2026-02-10T09:00:00Z", endedAt: "2026-02-10T10:00:00Z", durationMinutes: 9 },
    "validation.failed",
  ],
  [
    "another day than its start's",
    { startedAt: "2026-02-10T09:00:00Z", endedAt: "2026-02-10T10:00:00Z", spentOn: "2026-02-11" },
    "validation.failed",
  ],
  ["an end before the start", { startedAt: "2026-02-10T09:00:00Z", endedAt: "2026-02-10T08:00:00Z" }, "rule.broken"],
  ["more than a day", { startedAt: "2026-02-10T09:00:00Z", endedAt: "2026-02-11T09:00:01Z" }, "rule.broken"],
  ["an unknown task", { taskId: "0199a3b2-0000-7000-8000-000000000001", durationMinutes: 5 }, "not-found"],
  ["an unknown activity", { activityId: "0199a3b2-0000-7000-8000-000000000001", durationMinutes: 5 }, "not-found"],
] as const)("time with %s is refused", async ([, part, code], { scene }) => {
  const { asWorker, project, sheet } = await working(scene);
  const before = await scene.head(`timesheet:${sheet.id}`);
  await expect(asWorker.timeEntries.create({ projectId: project.id, ...part })).rejects.toMatchObject(refusal(code));
  expect(await scene.head(`timesheet:${sheet.id}`)).toBe(before);
});

test("days are those of who worked, and weeks begin as theirs do", async ({ scene }) => {
  const { asWorker, project } = await working(scene);
  await asWorker.users.update({ timeZone: "Pacific/Auckland", weekStartsOn: 7 });
  const night = { startedAt: "2026-03-07T12:00:00Z", endedAt: "2026-03-07T13:00:00Z" }; // the 8th, a Sunday
  const entry = await asWorker.timeEntries.create({ projectId: project.id, ...night });
  const sheet = await asWorker.timesheets.get({ timesheetId: entry.timesheetId });
  expect([entry.spentOn, sheet.startsOn, sheet.endsOn]).toEqual(["2026-03-08", "2026-03-08", "2026-03-14"]);
});

test("a week that begins on another day from now on gives way to the sheets around it", async ({ scene }) => {
  const { asWorker, organization, sheet } = await working(scene);
  const { id: organizationId } = organization;
  await asWorker.users.update({ weekStartsOn: 7 });
  const days = async (day: string) => {
    const { startsOn, endsOn } = await asWorker.timesheets.open({ organizationId, day });
    return [startsOn, endsOn];
  };
  expect(await days("2026-02-10")).toEqual([sheet.startsOn, sheet.endsOn]);
  expect(await days("2026-02-17")).toEqual(["2026-02-16", "2026-02-21"]);
  expect(await days("2026-02-08")).toEqual(["2026-02-08", "2026-02-08"]);
});

test("durations are rounded as the organization does, and overlaps refused where it refuses them", async ({
  scene,
}) => {
  const { asOwner, asWorker, organization, project, channels } = await working(scene);
  const { id: organizationId } = organization;
  const settings = { organizationId, rounding: "up", roundingMinutes: 15, overlap: "refused" } as const;
  await scene.expectLaw(channels, () => asOwner.timeSettings.update(settings));
  const book = (startedAt: string, endedAt: string) =>
    asWorker.timeEntries.create({ projectId: project.id, startedAt, endedAt });

  const first = await book("2026-02-12T09:00:00Z", "2026-02-12T09:50:00Z");
  expect(first.durationMinutes).toBe(60);
  expect((await book("2026-02-12T09:50:00Z", "2026-02-12T10:00:00Z")).durationMinutes).toBe(15); // they touch
  await expect(book("2026-02-12T08:00:00Z", "2026-02-12T09:01:00Z")).rejects.toMatchObject({
    cause: { code: "rule.broken", details: { constraint: "entries_overlap" } },
  });
  const both = await Promise.allSettled([1, 2].map(() => book("2026-02-13T09:00:00Z", "2026-02-13T10:00:00Z")));
  expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  const moved = { timeEntryId: first.id, endedAt: "2026-02-12T09:55:00Z" };
  await expect(asWorker.timeEntries.update(moved)).rejects.toMatchObject(refusal("rule.broken"));

  await scene.expectLaw(channels, () =>
    asOwner.timeSettings.update({ organizationId, overlap: "allowed", version: 1 }),
  );
  expect(await asOwner.timeSettings.get({ organizationId })).toMatchObject({
    overlap: "allowed",
    rounding: "up",
    version: 2,
  });
  await book("2026-02-12T08:00:00Z", "2026-02-12T09:01:00Z");
  await expect(asOwner.timeSettings.update({ organizationId, version: 1 })).rejects.toMatchObject(refusal("stale"));
});

test("activities decide what is billable, and stay for what was booked on them", async ({ scene }) => {
  const { asOwner, asWorker, organization, project, channels } = await working(scene);
  const { id: organizationId } = organization;
  const travel = await scene.expectLaw(channels, () =>
    asOwner.activities.create({ organizationId, name: "Travel", billable: false }),
  );
  await expect(asOwner.activities.create({ organizationId, name: "travel" })).rejects.toMatchObject(
    refusal("conflict"),
  );
  const ride = { projectId: project.id, durationMinutes: 30, activityId: travel.id };
  const entry = await asWorker.timeEntries.create(ride);
  expect(entry.billable).toBe(false);
  expect((await asWorker.timeEntries.create({ ...ride, billable: true })).billable).toBe(true);

  const inUse = { cause: { details: { rule: "activity.in-use" } } };
  await expect(asOwner.activities.delete({ activityId: travel.id })).rejects.toMatchObject(inUse);
  const archive = { activityId: travel.id, archived: true, name: "Journeys", version: 1 };
  await scene.expectLaw(channels, () => asOwner.activities.update(archive));
  await expect(asOwner.activities.update(archive)).rejects.toMatchObject(refusal("stale"));
  await expect(asWorker.timeEntries.create(ride)).rejects.toMatchObject({
    cause: { details: { rule: "activity.archived" } },
  });
  await asWorker.timeEntries.update({ timeEntryId: entry.id, comment: "Back" }); // keeps what it has
  expect((await asWorker.activities.list({ organizationId, archived: false })).items).toEqual([]);

  const unused = await asOwner.activities.create({ organizationId, name: "Unused" });
  await scene.expectLaw(channels, () => asOwner.activities.delete({ activityId: unused.id }));
  await expect(asWorker.activities.create({ organizationId, name: "Mine" })).rejects.toMatchObject(
    refusal("access.denied"),
  );
});

test("sent again with its mutationId, time is booked once", async ({ scene }) => {
  const { asWorker, organization, work } = await working(scene);
  const input = { ...work, durationMinutes: 20, mutationId: crypto.randomUUID() };
  const answers = await Promise.all([1, 2, 3].map(() => asWorker.timeEntries.create(input)));
  for (const answer of answers) expect(answer).toEqual(answers[0]);
  expect((await asWorker.timeEntries.list({ organizationId: organization.id })).items).toHaveLength(2);
});
