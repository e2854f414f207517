import { expect } from "vitest";
import type { Actor } from "../../context.ts";
import { refusal, type Scene, test } from "../../testing/scene.ts";
import { tellReminders } from "./tell-reminders.ts";

const sweep = (scene: Scene, at: string) => tellReminders(scene.ctx(null), new Date(at));
const told = async (scene: Scene, { userId }: Actor) =>
  (await scene.changes(`user:${userId}`)).filter(({ type }) => type.startsWith("reminder."));

test("a reminder at an instant is told once, however many tell it", async ({ scene }) => {
  const { project, task } = await scene.board();
  const viewer = await scene.personWith("viewer", project);
  const caller = scene.caller(viewer);
  const laws = [[`user:${viewer.userId}`, viewer]] as const;
  const at = "2999-01-07T09:00:00.000Z";
  const reminder = await scene.expectLaw(laws, () => caller.reminders.create({ taskId: task.id, at }));
  expect(reminder).toMatchObject({ at, daysBefore: null, timeOfDay: null, state: "waiting", userId: viewer.userId });
  await sweep(scene, "2999-01-07T08:59:59Z");
  expect(await caller.reminders.list({ taskId: task.id })).toEqual({ items: [reminder], nextCursor: null });
  await scene.expectLaw(laws, () => Promise.all([1, 2, 3].map(() => sweep(scene, at))));
  await sweep(scene, "2999-02-01T00:00:00Z");
  expect(await told(scene, viewer)).toMatchObject([
    { type: "reminder.created" },
    { type: "reminder.due", entityId: reminder.id, patch: { taskId: task.id, state: "told", version: 2 } },
  ]);
  await scene.expectLaw(laws, () => caller.reminders.delete({ reminderId: reminder.id }));
  await expect(caller.reminders.delete({ reminderId: reminder.id })).rejects.toMatchObject(refusal("not-found"));
});

test("a relative reminder follows the due day, in its own time zone", async ({ scene }) => {
  const { owner, task } = await scene.board();
  const caller = scene.caller(owner);
  const { tasks } = caller;
  const taskId = task.id;
  await caller.reminders.create({ taskId, daysBefore: 1, timeOfDay: "08:30", timeZone: "America/New_York" });
  const due = async (at: string) => {
    await sweep(scene, at);
    return (await told(scene, owner)).filter(({ type }) => type === "reminder.due").length;
  };
  expect(await due("2999-12-31T00:00:00Z")).toBe(0); // no due day yet
  await tasks.update({ taskId, dueOn: "2999-01-07" });
  await tasks.bulkUpdate({ taskIds: [taskId], dueOn: "2999-07-10" });
  expect(await due("2999-07-09T12:29:00Z")).toBe(0);
  expect(await due("2999-07-09T12:30:00Z")).toBe(1);
  await tasks.update({ taskId, dueOn: "2999-08-10" });
  expect(await due("2999-12-31T00:00:00Z")).toBe(1);
});

test("what is completed, trashed or out of sight by then is missed", async ({ scene }) => {
  const { project, owner, task, done } = await scene.board();
  const caller = scene.caller(owner);
  const other = await caller.tasks.create({ projectId: project.id, title: "Other" });
  const at = "2999-01-07T09:00:00Z";
  await caller.reminders.create({ taskId: task.id, at });
  await caller.reminders.create({ taskId: other.id, at });
  await caller.tasks.move({ taskId: task.id, toStatusId: done.id, afterTaskId: null });
  await caller.tasks.delete({ taskId: other.id });
  await scene.expectLaw([[`user:${owner.userId}`, owner]], () => sweep(scene, at));
  expect((await caller.reminders.list({})).items.map(({ state }) => state)).toEqual(["missed", "missed"]);

  const editor = await scene.personWith("editor", project);
  await scene.caller(editor).reminders.create({ taskId: task.id, at });
  const [grant] = (await caller.projectMembers.list({ projectId: project.id })).items;
  await scene.expectLaw([[`user:${editor.userId}`, editor]], () =>
    caller.projectMembers.remove({ projectMemberId: grant?.id as string }),
  );
  expect((await scene.caller(editor).reminders.list({})).items).toEqual([]);
});

test("reminders go with their task, project and person", async ({ scene }) => {
  const { project, owner, task } = await scene.board();
  const caller = scene.caller(owner);
  const leaver = await scene.personWith("editor", project);
  const laws = [
    [`user:${owner.userId}`, owner],
    [`user:${leaver.userId}`, leaver],
  ] as const;
  const other = await caller.tasks.create({ projectId: project.id, title: "Other" });
  for (const by of [owner, leaver])
    for (const { id: taskId } of [task, other]) await scene.caller(by).reminders.create({ taskId, daysBefore: 0 });
  await scene.expectLaw(laws, async () => {
    await caller.tasks.delete({ taskId: other.id });
    await caller.tasks.purge({ taskId: other.id });
  });
  expect((await caller.reminders.list({})).items).toHaveLength(1);
  const { organizationId } = project;
  await scene.expectLaw(laws, () => caller.members.remove({ organizationId, userId: leaver.userId }));
  await scene.expectLaw(laws, () => caller.projects.delete({ projectId: project.id }));
  expect((await caller.reminders.list({})).items).toEqual([]);
});

test("what a reminder must not be is refused", async ({ scene }) => {
  const { project, owner, task } = await scene.board();
  const { reminders } = scene.caller(owner);
  const taskId = task.id;
  for (const [input, code] of [
    [{}, "validation.failed"],
    [{ at: "2999-01-01T00:00:00Z", daysBefore: 1 }, "validation.failed"],
    [{ at: "2020-01-01T00:00:00Z" }, "rule.broken"],
  ] as const)
    await expect(reminders.create({ taskId, ...input }), code).rejects.toMatchObject(refusal(code));
  const mine = await reminders.create({ taskId, daysBefore: 1 });
  const editor = await scene.as("editor", project);
  await expect(editor.reminders.delete({ reminderId: mine.id })).rejects.toMatchObject(refusal("not-found"));
  const stranger = await scene.as("stranger", project);
  await expect(stranger.reminders.create({ taskId, daysBefore: 1 })).rejects.toMatchObject(refusal("not-found"));
});
