import { expect } from "vitest";
import type { Actor } from "../../context.ts";
import { insiderWith } from "../../testing/discussion.ts";
import { type Scene, test } from "../../testing/scene.ts";
import { tellDue } from "./tell-due.ts";

async function due(scene: Scene, timeZone: string, dueOn = "2027-03-10") {
  const board = await scene.board();
  const ann = await insiderWith(scene, board, "editor");
  await scene.caller(ann).users.update({ timeZone });
  const owner = scene.caller(board.owner);
  const { task } = board;
  await owner.tasks.update({ taskId: task.id, dueOn });
  await owner.tasks.assign({ taskId: task.id, assigneeIds: [ann.userId] });
  const told = async (actor: Actor = ann) =>
    (await scene.caller(actor).notifications.list({})).items
      .reverse()
      .map(({ event, details }) => `${event} ${details["dueOn"]}`);
  const at = (instant: string) => tellDue(scene.ctx(null), new Date(instant));
  return { ...board, ann, caller: owner, told, at };
}

test("people hear of a date on the morning before and on the morning after, each once", async ({ scene }) => {
  const { ann, told, at } = await due(scene, "America/New_York"); // UTC-5 until 14 March 2027
  await at("2027-03-09T13:59:00Z"); // 8:59 there
  expect(await told()).toEqual([]);
  await scene.expectLaw([[`user:${ann.userId}`, ann]], () => at("2027-03-09T14:00:00Z"));
  await Promise.all([at("2027-03-09T14:15:00Z"), at("2027-03-09T14:15:00Z"), at("2027-03-10T23:00:00Z")]);
  expect(await told()).toEqual(["due-soon 2027-03-10"]);
  await at("2027-03-11T13:59:00Z");
  expect(await told()).toEqual(["due-soon 2027-03-10"]);
  await Promise.all([at("2027-03-11T14:00:00Z"), at("2027-03-11T14:00:00Z")]);
  await at("2027-03-12T20:00:00Z");
  expect(await told()).toEqual(["due-soon 2027-03-10", "overdue 2027-03-10"]);
});

test("in each person's own time zone", async ({ scene }) => {
  const { ann, told, at, caller, task, project, owner } = await due(scene, "Pacific/Auckland"); // UTC+13
  const bob = await insiderWith(scene, { owner, project }, "editor");
  await scene.caller(bob).users.update({ timeZone: "Pacific/Honolulu" }); // UTC-10
  await caller.tasks.assign({ taskId: task.id, addAssigneeIds: [bob.userId] });
  await at("2027-03-08T20:00:00Z"); // 9 March, 9:00 in Auckland, and 8 March in Honolulu
  expect([await told(ann), await told(bob)]).toEqual([["due-soon 2027-03-10"], []]);
  await at("2027-03-09T19:00:00Z");
  expect([await told(ann), await told(bob)]).toEqual([["due-soon 2027-03-10"], ["due-soon 2027-03-10"]]);
});

test("a date that is moved is told again", async ({ scene }) => {
  const { caller, task, told, at } = await due(scene, "UTC");
  await at("2027-03-09T09:00:00Z");
  await caller.tasks.update({ taskId: task.id, dueOn: "2027-03-20" });
  await at("2027-03-12T09:00:00Z");
  await at("2027-03-19T09:00:00Z");
  expect(await told()).toEqual(["due-soon 2027-03-10", "due-soon 2027-03-20"]);
});

test("where nobody is assigned, those who watch hear it", async ({ scene }) => {
  const { caller, task, ann, owner, told, at } = await due(scene, "UTC");
  await caller.tasks.assign({ taskId: task.id, assigneeIds: [] });
  await scene.caller(ann).watches.delete({ taskId: task.id });
  await caller.watches.create({ taskId: task.id });
  await at("2027-03-09T09:00:00Z");
  expect([await told(ann), await told(owner)]).toEqual([[], ["due-soon 2027-03-10"]]);
});

type Due = Awaited<ReturnType<typeof due>>;
test.for([
  [
    "done",
    ({ caller, task, done }: Due) => caller.tasks.move({ taskId: task.id, toStatusId: done.id, afterTaskId: null }),
  ],
  ["in the trash", ({ caller, task }: Due) => caller.tasks.delete({ taskId: task.id })],
  ["archived", ({ caller, task }: Due) => caller.tasks.archive({ taskId: task.id })],
  ["in an archived project", ({ caller, project }: Due) => caller.projects.archive({ projectId: project.id })],
] as const)("nobody is reminded of a task that is %s", async ([, end], { scene }) => {
  const given = await due(scene, "UTC");
  await end(given);
  await given.at("2027-03-09T09:00:00Z");
  expect(await given.told()).toEqual([]);
});
