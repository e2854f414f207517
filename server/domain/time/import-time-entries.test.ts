import { expect } from "vitest";
import { refusal, test } from "../../testing/scene.ts";
import { working } from "../../testing/working.ts";

test("rows become time, all of them, in the sheets of their weeks", async ({ scene }) => {
  const { asOwner, asWorker, organization, project, task, channels } = await working(scene);
  const { id: organizationId } = organization;
  const travel = await asOwner.activities.create({ organizationId, name: "Travel", billable: false });
  await asWorker.users.update({ timeZone: "Europe/Berlin" });
  const rows = [
    { task: task.key, spentOn: "2026-02-10", durationMinutes: 25, comment: "Texts" },
    { project: project.key, spentOn: "2026-03-28", from: "22:00", to: "06:00", activity: "travel" },
  ];

  const { timeEntryIds } = await scene.expectLaw(channels, () => asWorker.timeEntries.import({ organizationId, rows }));

  const read = await Promise.all(timeEntryIds.map((timeEntryId) => asWorker.timeEntries.get({ timeEntryId })));
  expect(read).toMatchObject([
    {
      taskId: task.id,
      projectId: project.id,
      spentOn: "2026-02-10",
      durationMinutes: 25,
      comment: "Texts",
      billable: true,
    },
    {
      taskId: null,
      activityId: travel.id,
      billable: false,
      durationMinutes: 420,
      startedAt: "2026-03-28T21:00:00.000Z",
    },
  ]);
});

test("a CSV does the same, with either separator, quotes and a byte order mark", async ({ scene }) => {
  const { asWorker, organization, project, task, sheet } = await working(scene);
  const csv = `\uFEFFproject;task;spentOn;durationMinutes;billable;comment\r\n;${task.key};2026-02-11;30;FALSE;"Said ""no""; twice"\r\n${project.key};;2026-02-12;45;;\r\n`;
  const input = { organizationId: organization.id, csv, mutationId: crypto.randomUUID() };
  const first = await asWorker.timeEntries.import(input);
  expect(await asWorker.timeEntries.import(input)).toEqual(first);
  const { items } = await asWorker.timeEntries.list({ organizationId: organization.id, timesheetId: sheet.id });
  expect(items.slice(0, 2)).toMatchObject([
    { spentOn: "2026-02-12", durationMinutes: 45, taskId: null, billable: true, comment: "" },
    { spentOn: "2026-02-11", durationMinutes: 30, taskId: task.id, billable: false, comment: 'Said "no"; twice' },
  ]);
});

test("what is wrong with each row is told, and nothing is booked", async ({ scene }) => {
  const { asWorker, asOwner, organization, owner, task } = await working(scene);
  const { id: organizationId } = organization;
  const hidden = await scene.project({ organization, owner });
  await asOwner.timeSettings.update({ organizationId, overlap: "refused" });
  const day = "2026-02-11";
  const fine = { task: task.key, spentOn: day, durationMinutes: 5 };
  const faults = async (rows: object[]) => {
    const error = await asWorker.timeEntries
      .import({ organizationId, rows: rows as (typeof fine)[] })
      .catch((error) => error);
    expect(error).toMatchObject(refusal("validation.failed"));
    return error.cause.details.rows.map(({ row, field }: { row: number; field: string }) => [row, field]);
  };
  const { durationMinutes: _, ...untimed } = fine;

  expect(
    await faults([
      fine,
      { ...fine, task: "NOWHERE-1" },
      { ...fine, task: `${task.key}99` },
      { project: hidden.project.key, spentOn: day, durationMinutes: 5 },
      { spentOn: day, durationMinutes: 5 },
      untimed,
      { ...untimed, from: "09:00" },
      { ...fine, from: "09:00", to: "10:00" },
      { ...fine, activity: "Nothing" },
    ]),
  ).toEqual([
    ...[
      [2, "task"],
      [3, "task"],
      [4, "project"],
      [5, "project"],
      [6, "durationMinutes"],
      [7, "to"],
      [8, "durationMinutes"],
    ],
    [9, "activity"],
  ]);
  expect(
    await faults([
      { ...untimed, from: "09:00", to: "10:00" },
      { ...untimed, from: "09:59", to: "11:00" },
    ]),
  ).toEqual([[2, "from"]]);
  expect((await asWorker.timeEntries.list({ organizationId })).items).toHaveLength(1);
});

test.for([
  ["an unknown column", "task,when\nX-1,2026-02-11", {}],
  ["a row with more cells than the head", "task,spentOn\nX-1,2026-02-11,3", {}],
  ["no rows", "task,spentOn\n", {}],
  [
    "a day that is none",
    "task,spentOn,durationMinutes\nX-1,2026-02-30,5\nX-1,2026-02-11,x",
    {
      rows: [
        { row: 1, field: "spentOn" },
        { row: 2, field: "durationMinutes" },
      ],
    },
  ],
  ["too many rows", `task,spentOn,durationMinutes\n${"X-1,2026-02-11,5\n".repeat(1_001)}`, {}],
] as const)("a CSV with %s is refused", async ([, csv, details], { scene }) => {
  const { asWorker, organization } = await working(scene);
  const refused = { cause: { code: "validation.failed", details } };
  await expect(asWorker.timeEntries.import({ organizationId: organization.id, csv })).rejects.toMatchObject(refused);
});

test("others' time is imported by who manages it, nothing by strangers", async ({ scene }) => {
  const { asOwner, organization, project, task, worker, channels } = await working(scene);
  const { id: organizationId } = organization;
  const input = {
    organizationId,
    userId: worker.userId,
    rows: [{ task: task.key, spentOn: "2026-02-11", durationMinutes: 5 }],
  };
  const colleague = await scene.as("editor", project);
  await expect(colleague.timeEntries.import(input)).rejects.toMatchObject({
    cause: {
      code: "validation.failed",
      details: { rows: [{ row: 1, field: "task", message: "Your role does not allow this." }] },
    },
  });
  await expect((await scene.as("stranger", project)).timeEntries.import(input)).rejects.toMatchObject(
    refusal("not-found"),
  );
  await expect(asOwner.timeEntries.import({ organizationId })).rejects.toMatchObject(refusal("validation.failed"));
  const { timeEntryIds } = await scene.expectLaw(channels, () => asOwner.timeEntries.import(input));
  expect(await asOwner.timeEntries.get({ timeEntryId: timeEntryIds[0] as string })).toMatchObject({
    userId: worker.userId,
  });
});

test("a thousand rows at once", async ({ scene }) => {
  const { asWorker, organization, task } = await working(scene);
  const rows = Array.from({ length: 1_000 }, (_, n) => ({
    ...{ task: task.key, durationMinutes: (n % 60) + 1 },
    spentOn: new Date(Date.UTC(2026, 0, 1 + (n % 365))).toISOString().slice(0, 10),
  }));
  const { timeEntryIds } = await asWorker.timeEntries.import({ organizationId: organization.id, rows });
  expect(new Set(timeEntryIds).size).toBe(1_000);
});
