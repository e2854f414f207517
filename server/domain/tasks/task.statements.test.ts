import { expect } from "vitest";
import { countStatements } from "../../testing/count-statements.ts";
import { test } from "../../testing/scene.ts";

test("hot paths ask the database a fixed number of times", async ({ scene }) => {
  const { project, owner, task, doing } = await scene.board();
  const caller = scene.caller(owner);
  for (const [path, roundTrips, statements, call] of [
    ["create", 2, 10, () => caller.tasks.create({ projectId: project.id, title: "New" })],
    ["update", 2, 6, () => caller.tasks.update({ taskId: task.id, title: "Renamed" })],
    ["move", 2, 8, () => caller.tasks.move({ taskId: task.id, toStatusId: doing.id, afterTaskId: null })],
    ["get", 1, 1, () => caller.tasks.get({ taskId: task.id })],
    ["list", 1, 2, () => caller.tasks.list({ projectId: project.id })],
    ["search", 1, 2, () => caller.tasks.search({ projectId: project.id, text: "renamed" })],
    ["snapshot", 3, 18, () => caller.sync.snapshot({ channel: `project:${project.id}` })],
    ["snapshot again", 2, 4, () => caller.sync.snapshot({ channel: `project:${project.id}` })],
  ] as const) {
    const counted = await countStatements<unknown>(scene.app, call);
    expect({ path, roundTrips: counted.roundTrips, statements: counted.sent.length }, counted.sent.join("\n")).toEqual({
      path,
      roundTrips,
      statements,
    });
  }
});
