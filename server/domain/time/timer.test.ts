import { expect } from "vitest";
import { refusal, type Scene, test } from "../../testing/scene.ts";

async function atWork(scene: Scene) {
  const board = await scene.board();
  const worker = await scene.personWith("viewer", board.project);
  const work = { projectId: board.project.id, taskId: board.task.id };
  const caller = scene.caller(worker);
  const own = [[`user:${worker.userId}`, worker] as const];
  const managers = [`project-time:${board.project.id}`, board.owner] as const;
  return { ...board, worker, caller, work, own, managers };
}

const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();

test("a timer runs on all devices, and stopped it becomes booked time", async ({ scene }) => {
  const { caller, work, own, managers, worker } = await atWork(scene);
  const startedAt = minutesAgo(25);

  const timer = await scene.expectLaw(own, () => caller.timers.start({ ...work, startedAt, comment: "Writing" }));
  expect(await caller.timers.current({})).toEqual(timer);
  const corrected = await scene.expectLaw(own, () => caller.timers.update({ comment: "Reading", version: 1 }));
  expect(corrected).toEqual({ ...timer, comment: "Reading", version: 2, updatedAt: corrected.updatedAt });
  await expect(caller.timers.update({ comment: "Late", version: 1 })).rejects.toMatchObject(refusal("stale"));

  const entry = await scene.expectLaw([...own, managers], () => caller.timers.stop({}));
  expect(entry).toMatchObject({
    ...work,
    userId: worker.userId,
    startedAt,
    durationMinutes: 25,
    comment: "Reading",
    billable: true,
  });
  expect(await caller.timers.current({})).toBeNull();
  expect(await scene.changes(`user:${worker.userId}`)).toMatchObject([
    { type: "timer.started", entity: "timer", entityId: timer.id },
    { type: "timer.updated", patch: { comment: "Reading", version: 2 } },
    { type: "timesheet.opened", entityId: entry.timesheetId },
    { type: "timer.stopped", op: "delete", entityId: timer.id },
  ]);
  await expect(caller.timers.stop({})).rejects.toMatchObject(refusal("not-found"));
});

test("switching books the time so far and goes on with the same timer", async ({ scene }) => {
  const { caller, work, own, managers, worker } = await atWork(scene);
  const timer = await caller.timers.start({ ...work, startedAt: minutesAgo(10) });
  const next = { projectId: work.projectId, taskId: null, comment: "Meeting" };

  const switched = await scene.expectLaw([...own, managers], () => caller.timers.switch(next));

  expect(switched.timeEntry).toMatchObject({ ...work, durationMinutes: 10 });
  expect(switched.timer).toMatchObject({ ...next, id: timer.id, startedAt: switched.timeEntry?.endedAt, version: 2 });
  expect((await scene.changes(`user:${worker.userId}`)).at(-1)).toMatchObject({
    type: "timer.switched",
    entityId: timer.id,
  });
  await scene.expectLaw(own, () => caller.timers.discard({}));
  expect((await caller.timeEntries.list({ organizationId: timer.organizationId })).items).toHaveLength(1);
  expect(await caller.timers.switch(next)).toMatchObject({ timeEntry: null, timer: { comment: "Meeting" } });
});

test("of two starts at once one timer remains, of any number of stops one books", async ({ scene }) => {
  const { caller, work, worker, organization } = await atWork(scene);
  const starts = await Promise.allSettled(Array.from({ length: 4 }, () => caller.timers.start(work)));
  expect(starts.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  for (const start of starts) if (start.status === "rejected") expect(start.reason).toMatchObject(refusal("conflict"));
  await expect(caller.timers.start(work)).rejects.toMatchObject({
    cause: { details: { timer: { userId: worker.userId } } },
  });

  const stops = await Promise.allSettled(Array.from({ length: 4 }, () => caller.timers.stop({})));
  expect(stops.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  for (const stop of stops) if (stop.status === "rejected") expect(stop.reason).toMatchObject(refusal("not-found"));
  expect((await caller.timeEntries.list({ organizationId: organization.id })).items).toHaveLength(1);
});

test("nobody's timer runs twice, whatever an operation forgets", async ({ scene }) => {
  const { caller, work, worker } = await atWork(scene);
  await caller.timers.start(work);
  const copy = `insert into time.timers select gen_random_uuid(), organization_id, project_id, task_id, user_id, now(), null, true, '', 1, now(), now()
    from time.timers where user_id = $1`;
  await expect(scene.app.sql.query(copy, [worker.userId])).rejects.toMatchObject({ constraint: "timers_one" });
});

test("a start that is sent again acts once", async ({ scene }) => {
  const { caller, work } = await atWork(scene);
  const input = { ...work, mutationId: crypto.randomUUID() };
  expect(await caller.timers.start(input)).toEqual(await caller.timers.start(input));
});

test.for([
  ["in the future", { startedAt: minutesAgo(-5) }, "validation.failed"],
  ["on a task of nowhere", { taskId: "0199a3b2-0000-7000-8000-000000000001" }, "not-found"],
  ["for an unknown activity", { activityId: "0199a3b2-0000-7000-8000-000000000001" }, "not-found"],
] as const)("a timer that starts %s is refused", async ([, part, code], { scene }) => {
  const { caller, work, worker } = await atWork(scene);
  await expect(caller.timers.start({ ...work, ...part })).rejects.toMatchObject(refusal(code));
  expect(await scene.changes(`user:${worker.userId}`)).toEqual([]);
});

test("a forgotten timer wants to know when it ended", async ({ scene }) => {
  const { caller, work } = await atWork(scene);
  const startedAt = minutesAgo(25 * 60);
  await caller.timers.start({ ...work, startedAt });
  await expect(caller.timers.stop({})).rejects.toMatchObject({ cause: { details: { rule: "time.too-long" } } });
  await expect(caller.timers.stop({ endedAt: startedAt })).rejects.toMatchObject({
    cause: { details: { rule: "time.span" } },
  });
  expect(await caller.timers.stop({ endedAt: minutesAgo(24 * 60) })).toMatchObject({ durationMinutes: 60 });
});

test("who leaves while their timer runs has worked until then", async ({ scene }) => {
  const { caller, work, worker, owner, organization, own, managers } = await atWork(scene);
  await caller.timers.start({ ...work, startedAt: minutesAgo(90) });
  const away = { organizationId: organization.id, userId: worker.userId };

  await scene.expectLaw([...own, managers], () => scene.caller(owner).members.remove(away));

  const { items } = await scene.caller(owner).timeEntries.list({ organizationId: organization.id });
  expect(items).toMatchObject([{ userId: worker.userId, durationMinutes: 90 }]);
  expect(await caller.timers.current({})).toBeNull();
  expect(JSON.stringify(await scene.snapshot(worker, `user:${worker.userId}`))).not.toContain('"timesheet"');
  await expect(scene.snapshot(worker, `timesheet:${items[0]?.timesheetId}`)).rejects.toMatchObject({
    code: "not-found",
  });
});
