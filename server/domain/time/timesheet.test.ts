import { expect } from "vitest";
import { refusal, test } from "../../testing/scene.ts";
import { approved, closed, working } from "../../testing/working.ts";
import { lockDueSheets } from "./lock-timesheet.ts";

test("a sheet is handed in, returned with a comment, handed in again, approved and locked", async ({ scene }) => {
  const { asWorker, asOwner, owner, project, worker, sheet, channels, entry } = await working(scene);
  const of = { timesheetId: sheet.id };
  const law = <T>(act: () => Promise<T>) => scene.expectLaw(channels, act);

  const submitted = await law(() => asWorker.timesheets.submit(of));
  expect(submitted).toMatchObject({ state: "submitted", submittedAt: expect.any(String), version: 2 });
  expect(await law(() => asWorker.timesheets.submit(of))).toEqual(submitted);
  expect((await scene.changes(`project-time:${project.id}`)).at(-1)).toMatchObject({
    type: "timesheet.shown",
    entityId: sheet.id,
  });

  const returned = await law(() => asOwner.timesheets.return({ ...of, comment: "Friday is missing", version: 2 }));
  expect(returned).toMatchObject({ state: "returned", comment: "Friday is missing", decidedById: owner.userId });
  expect((await scene.changes(`user:${worker.userId}`)).at(-1)).toMatchObject({ type: "timesheet.returned" });
  await law(() => asWorker.timeEntries.update({ timeEntryId: entry.id, durationMinutes: 70 }));

  await law(() => asWorker.timesheets.submit(of));
  expect(await law(() => asWorker.timesheets.withdraw(of))).toMatchObject({ state: "open", submittedAt: null });
  await law(() => asWorker.timesheets.submit(of));
  const done = await law(() => asOwner.timesheets.approve(of));
  expect(done).toMatchObject({ state: "approved", comment: "" });
  expect(await asOwner.timesheets.approve(of)).toEqual(done);
  await expect(asOwner.timesheets.return({ ...of, comment: "No", version: 1 })).rejects.toMatchObject(refusal("stale"));

  const locked = await law(() => asOwner.timesheets.lock(of));
  expect(locked).toMatchObject({ state: "locked", lockedAt: expect.any(String) });
  expect(await asOwner.timesheets.lock(of)).toEqual(locked);
  const state = { cause: { code: "rule.broken", details: { rule: "timesheet.state" } } };
  await expect(asOwner.timesheets.return({ ...of, comment: "Late" })).rejects.toMatchObject(state);
  await expect(asWorker.timesheets.submit(of)).rejects.toMatchObject(state);
  const left = JSON.stringify(await scene.snapshot(owner, `project-time:${project.id}`));
  expect(left).not.toContain(sheet.id);
  expect(JSON.stringify(await scene.snapshot(worker, `timesheet:${sheet.id}`))).toContain(entry.id);
});

test("who approves: admins, and managers of all it was spent on; nobody their own", async ({ scene }) => {
  const { organization, owner, project, worker, asWorker, sheet } = await working(scene);
  const { id: organizationId } = organization;
  const other = await scene.project({ organization, owner });
  await scene.caller(owner).projectMembers.add({ projectId: other.project.id, userId: worker.userId, role: "editor" });
  const managing = await scene.personWith("manager", project);
  const manager = scene.caller(managing);
  const admin = scene.caller(await scene.join(organizationId, await scene.person(), "admin"));
  const of = { timesheetId: sheet.id };
  const elsewhere = { projectId: other.project.id, spentOn: "2026-02-10", durationMinutes: 5 };
  const { id } = await asWorker.timeEntries.create(elsewhere);
  await asWorker.timesheets.submit(of);

  await expect(manager.timesheets.approve(of)).rejects.toMatchObject(refusal("not-found"));
  await expect(scene.caller(await scene.personWith("editor", project)).timesheets.get(of)).rejects.toMatchObject(
    refusal("not-found"),
  );
  await expect(asWorker.timesheets.approve(of)).rejects.toMatchObject(refusal("access.denied"));
  expect((await manager.timesheets.list({ organizationId, states: ["submitted"] })).items).toMatchObject([
    { id: sheet.id },
  ]);
  await asWorker.timesheets.withdraw(of);
  await asWorker.timeEntries.delete({ timeEntryId: id });
  await asWorker.timesheets.submit(of);
  expect(await manager.timesheets.approve(of)).toMatchObject({ state: "approved", decidedById: managing.userId });
  expect(await admin.timesheets.get(of)).toMatchObject({ state: "approved" });
  await expect(admin.timesheets.submit(of)).rejects.toMatchObject(refusal("access.denied"));

  const own = await scene.caller(owner).timesheets.open({ organizationId, day: "2026-02-10" });
  await scene.caller(owner).timesheets.submit({ timesheetId: own.id });
  const ofOwn = { cause: { code: "rule.broken", details: { rule: "timesheet.own" } } };
  await expect(scene.caller(owner).timesheets.approve({ timesheetId: own.id })).rejects.toMatchObject(ofOwn);
  await scene.caller(owner).timeSettings.update({ organizationId, ownApproval: true });
  expect(await scene.caller(owner).timesheets.approve({ timesheetId: own.id })).toMatchObject({ state: "approved" });
});

test("handing in and late entries, at once: what is in the sheet was there before, the rest is refused", async ({
  scene,
}) => {
  const { asWorker, organization, work, sheet } = await working(scene);
  const late = () => asWorker.timeEntries.create({ ...work, spentOn: "2026-02-11", durationMinutes: 5 });
  const outcomes = await Promise.allSettled([
    late(),
    late(),
    asWorker.timesheets.submit({ timesheetId: sheet.id }),
    late(),
    late(),
  ]);

  const booked = outcomes.filter(({ status }) => status === "fulfilled").length - 1;
  for (const outcome of outcomes) if (outcome.status === "rejected") expect(outcome.reason).toMatchObject(closed);
  await expect(late()).rejects.toMatchObject(closed);
  const { items } = await asWorker.timeEntries.list({ organizationId: organization.id, timesheetId: sheet.id });
  expect(items).toHaveLength(1 + booked);
  const types = (await scene.changes(`timesheet:${sheet.id}`)).map(({ type }) => type);
  expect(types.slice(types.indexOf("timesheet.submitted") + 1)).toEqual([]);
});

test("of two sheets for the same week one is opened", async ({ scene }) => {
  const { asWorker, organization, worker } = await working(scene);
  const { id: organizationId } = organization;
  const opened = await Promise.all(
    [1, 2, 3].map(() => asWorker.timesheets.open({ organizationId, day: "2026-05-05" })),
  );
  expect(new Set(opened.map(({ id }) => id)).size).toBe(1);
  expect((await asWorker.timesheets.list({ organizationId, userId: worker.userId, from: "2026-05-01" })).items).toEqual(
    [opened[0]],
  );
});

test("approved sheets are locked when their days are over, and sheets of closed periods at once", async ({ scene }) => {
  const { asOwner, organization, sheet, channels } = await approved(scene);
  const { id: organizationId } = organization;
  const state = async () => (await asOwner.timesheets.get({ timesheetId: sheet.id })).state;
  const due = () => scene.expectLaw(channels, () => lockDueSheets(scene.ctx(null), null));
  await due();
  await asOwner.timeSettings.update({ organizationId, lockAfterDays: 3 });
  await due();
  expect(await state()).toBe("approved");
  await scene.app.sql.query("update time.timesheets set decided_at = now() - interval '4 days' where id = $1", [
    sheet.id,
  ]);
  await due();
  expect(await state()).toBe("locked");
});

test("who comes back finds the sheets that they use again", async ({ scene }) => {
  const { asOwner, asWorker, organization, project, worker, sheet, channels, work } = await working(scene);
  const { id: organizationId } = organization;
  await asOwner.members.remove({ organizationId, userId: worker.userId });
  await expect(asWorker.timesheets.get({ timesheetId: sheet.id })).rejects.toMatchObject(refusal("not-found"));
  await scene.join(organizationId, worker, "member");
  await asOwner.projectMembers.add({ projectId: project.id, userId: worker.userId, role: "editor" });

  await scene.expectLaw(channels, () =>
    asWorker.timeEntries.create({ ...work, spentOn: "2026-02-11", durationMinutes: 5 }),
  );

  expect(JSON.stringify(await scene.snapshot(worker, `user:${worker.userId}`))).toContain(sheet.id);
});
