import { expect } from "vitest";
import { refusal, type Scene, test } from "../../testing/scene.ts";
import { working } from "../../testing/working.ts";

/** Two people, two projects, two tasks (one with an estimate), over two months. */
async function months(scene: Scene) {
  const world = await working(scene);
  const { organization, owner, project, worker, asWorker, asOwner, task, todo } = world;
  const { id: organizationId } = organization;
  const other = await scene.project({ organization, owner });
  const second = await asOwner.tasks.create({
    projectId: project.id,
    title: "Estimated",
    statusId: todo.id,
    estimateMinutes: 120,
  });
  const book = (caller: typeof asOwner, part: object) =>
    caller.timeEntries.create({ projectId: project.id, durationMinutes: 30, spentOn: "2026-02-10", ...part });
  await book(asWorker, { taskId: second.id, durationMinutes: 45, spentOn: "2026-02-28" });
  await book(asWorker, { taskId: second.id, durationMinutes: 15, spentOn: "2026-03-01", billable: false });
  await book(asOwner, { taskId: second.id, durationMinutes: 100, spentOn: "2026-03-02" });
  await book(asOwner, { projectId: other.project.id, spentOn: "2026-03-03", durationMinutes: 7 });
  const range = { organizationId, from: "2026-02-01", to: "2026-03-31" };
  return { ...world, other, second, range, worker, task };
}

test("time in groups, with totals, and the estimates of its tasks counted once in each", async ({ scene }) => {
  const { asOwner, owner, worker, project, other, task, second, range } = await months(scene);
  const report = (by: string[], part: object = {}) =>
    asOwner.timeReports.get({ ...range, by: by as ["person"], ...part });

  const byPerson = await report(["person"]);
  expect(byPerson.total).toEqual({
    ...{ durationMinutes: 227, billableMinutes: 212, entries: 5, estimateMinutes: 120, estimatedDurationMinutes: 160 },
  });
  expect(byPerson.rows).toHaveLength(2);
  expect(byPerson.rows).toContainEqual(
    expect.objectContaining({
      person: { id: worker.userId, name: expect.any(String) },
      durationMinutes: 120,
      estimateMinutes: 120,
      estimatedDurationMinutes: 60,
    }),
  );
  expect(byPerson.rows).toContainEqual(
    expect.objectContaining({
      person: expect.objectContaining({ id: owner.userId }),
      durationMinutes: 107,
      estimatedDurationMinutes: 100,
    }),
  );

  expect((await report(["month"])).rows).toMatchObject([
    { month: "2026-02-01", durationMinutes: 105 },
    {
      month: "2026-03-01",
      durationMinutes: 122,
      billableMinutes: 107,
      estimateMinutes: 120,
      estimatedDurationMinutes: 115,
    },
  ]);
  expect((await report(["week"])).rows.map(({ week, durationMinutes }) => [week, durationMinutes])).toEqual([
    ...[
      ["2026-02-09", 60],
      ["2026-02-23", 60],
      ["2026-03-02", 107],
    ],
  ]);
  await asOwner.users.update({ weekStartsOn: 7 });
  expect((await report(["week"])).rows.map(({ week, durationMinutes }) => [week, durationMinutes])).toEqual([
    ...[
      ["2026-02-08", 60],
      ["2026-02-22", 45],
      ["2026-03-01", 122],
    ],
  ]);
  expect((await report(["task"], { projectId: project.id })).rows).toMatchObject([
    { task: { id: task.id, name: `${task.key} First` }, estimateMinutes: null, estimatedDurationMinutes: 0 },
    { task: { id: second.id }, durationMinutes: 160, estimateMinutes: 120 },
  ]);
  expect((await report(["project", "person", "day"])).rows).toHaveLength(5);
  expect((await report(["project"])).rows).toContainEqual(
    expect.objectContaining({ project: { id: other.project.id, name: other.project.name }, durationMinutes: 7 }),
  );
  expect((await report(["day"], { userId: worker.userId, billable: false })).rows).toMatchObject([
    { day: "2026-03-01", entries: 1 },
  ]);
  expect(await report(["activity"], { from: "2027-01-01", to: "2027-01-31" })).toEqual({
    rows: [],
    total: {
      durationMinutes: 0,
      billableMinutes: 0,
      entries: 0,
      estimateMinutes: null,
      estimatedDurationMinutes: 0,
    },
  });
});

test("who is in two teams counts in both, and once in the total", async ({ scene }) => {
  const { asOwner, worker, organization, range } = await months(scene);
  const teams = await Promise.all(
    ["Alpha", "Beta"].map((name) => asOwner.teams.create({ organizationId: organization.id, name })),
  );
  for (const { id } of teams) await asOwner.teams.addMember({ teamId: id, userId: worker.userId });
  const { rows, total } = await asOwner.timeReports.get({ ...range, by: ["team"] });
  expect(rows.map(({ team, durationMinutes }) => [team?.name, durationMinutes])).toEqual([
    ["Alpha", 120],
    ["Beta", 120],
    [null, 107],
  ]);
  expect(total.durationMinutes).toBe(227);
  const ofTeam = await asOwner.timeReports.get({ ...range, by: ["person"], teamId: teams[0]?.id as string });
  expect(ofTeam.total.durationMinutes).toBe(120);
});

test("one's own time, and others' where one manages", async ({ scene }) => {
  const { asWorker, project, range } = await months(scene);
  const minutes = async (caller: typeof asWorker) =>
    (await caller.timeReports.get({ ...range, by: ["person"] })).total.durationMinutes;
  expect(await minutes(asWorker)).toBe(120);
  expect(await minutes(scene.caller(await scene.personWith("manager", project)))).toBe(220);
  expect(await minutes(scene.caller(await scene.personWith("editor", project)))).toBe(0);
  await expect(minutes(await scene.as("stranger", project))).rejects.toMatchObject(refusal("not-found"));
  await expect(asWorker.timeReports.get({ ...range, by: ["team"] })).rejects.toMatchObject(refusal("access.denied")); // a guest
  await expect(asWorker.timeReports.get({ ...range, by: ["person"], money: true })).rejects.toMatchObject(
    refusal("access.denied"),
  );
  await expect(asWorker.timeReports.get({ ...range, by: ["person", "person"] })).rejects.toMatchObject({
    code: "BAD_REQUEST",
  });
});

test("each entry is worth what the narrowest rate of its day says", async ({ scene }) => {
  const { asOwner, asWorker, owner, organization, project, worker, range, channels } = await months(scene);
  const { id: organizationId } = organization;
  const all = [...channels, [`organization-rates:${organizationId}`, owner]] as const;
  const rate = (amountMinorPerHour: number, part: object, currency = "EUR") =>
    scene.expectLaw(all, () =>
      asOwner.rates.create({ organizationId, startsOn: "2026-01-01", amountMinorPerHour, currency, ...part }),
    );
  await rate(6_000, {});
  await rate(9_000, { projectId: project.id });
  const own = await rate(10_001, { projectId: project.id, userId: worker.userId });
  await rate(20_000, { projectId: project.id, userId: worker.userId, startsOn: "2026-02-28" }, "CHF");
  await rate(1, { userId: owner.userId });
  await expect(rate(5, {})).rejects.toMatchObject(refusal("conflict"));
  await expect(rate(5, { startsOn: "2026-05-01" }, "XXQ")).rejects.toMatchObject({ code: "BAD_REQUEST" });

  const { rows, total } = await asOwner.timeReports.get({ ...range, by: ["person", "project"], money: true });

  const worth = Object.fromEntries(rows.map((row) => [`${row.person?.id} ${row.project?.id}`, row.amounts]));
  expect(worth[`${worker.userId} ${project.id}`]).toEqual([
    { currency: "CHF", amountMinor: 15_000 }, // 45 minutes at 200
    { currency: "EUR", amountMinor: 10_001 }, // 60 minutes; 15 that are not billable are worth nothing
  ]);
  expect(worth[`${owner.userId} ${project.id}`]).toEqual([{ currency: "EUR", amountMinor: 15_000 }]);
  expect(total.amounts).toEqual([
    { currency: "CHF", amountMinor: 15_000 },
    { currency: "EUR", amountMinor: 25_001 },
  ]);

  const corrected = await scene.expectLaw(all, () =>
    asOwner.rates.update({ rateId: own.id, amountMinorPerHour: 10_050, version: 1 }),
  );
  expect(corrected).toMatchObject({ amountMinorPerHour: 10_050, version: 2 });
  await expect(asOwner.rates.update({ rateId: own.id, version: 1 })).rejects.toMatchObject(refusal("stale"));
  await scene.expectLaw(all, () => asOwner.rates.delete({ rateId: own.id }));
  await expect(asOwner.rates.delete({ rateId: own.id })).rejects.toMatchObject(refusal("not-found"));
  const history = await asOwner.rates.list({ organizationId, userId: worker.userId });
  expect(history.items).toMatchObject([{ currency: "CHF", startsOn: "2026-02-28" }]);
  for (const refused of [
    () => asWorker.rates.list({ organizationId }),
    () => asWorker.rates.create({ organizationId, startsOn: "2026-01-01", amountMinorPerHour: 1, currency: "EUR" }),
    () => asWorker.rates.delete({ rateId: history.items[0]?.id as string }),
  ])
    await expect(refused()).rejects.toMatchObject(refusal("access.denied"));
  await expect(scene.snapshot(worker, `organization-rates:${organizationId}`)).rejects.toMatchObject({
    code: "not-found",
  });
  const guestsView = JSON.stringify(await asWorker.timeEntries.list({ organizationId }));
  expect(guestsView).not.toMatch(/amount|currency/);
});
