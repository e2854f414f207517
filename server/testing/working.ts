import type { Project } from "../../db/entities/projects.ts";
import type { Actor } from "../context.ts";
import type { Channel } from "../platform/feed.ts";
import type { Scene } from "./scene.ts";

/** A board on which somebody who edits it has worked an hour, in a sheet of their own. */
export async function working(scene: Scene, spentOn = "2026-02-10") {
  const board = await scene.board();
  const worker = await scene.personWith("editor", board.project);
  const asWorker = scene.caller(worker);
  const asOwner = scene.caller(board.owner);
  const work = { projectId: board.project.id, taskId: board.task.id };
  const entry = await asWorker.timeEntries.create({ ...work, spentOn, durationMinutes: 60 });
  const sheet = await asWorker.timesheets.get({ timesheetId: entry.timesheetId });
  const channels = channelsAround({ ...board, worker, sheet });
  return { ...board, worker, asWorker, asOwner, work, entry, sheet, channels };
}

/** All channels that hold somebody's time, each with who reads it. */
const channelsAround = (around: {
  owner: Actor;
  worker: Actor;
  project: Project;
  sheet: { id: string };
}): (readonly [Channel, Actor])[] => [
  [`timesheet:${around.sheet.id}`, around.owner],
  [`project-time:${around.project.id}`, around.owner],
  [`organization-admins:${around.project.organizationId}`, around.owner],
  [`organization:${around.project.organizationId}`, around.owner],
  [`user:${around.worker.userId}`, around.worker],
];

/** Its sheet as the approver leaves it. */
export async function approved(scene: Scene, spentOn?: string) {
  const scenery = await working(scene, spentOn);
  const timesheetId = scenery.sheet.id;
  await scenery.asWorker.timesheets.submit({ timesheetId });
  const sheet = await scenery.asOwner.timesheets.approve({ timesheetId });
  return { ...scenery, sheet };
}

export const closed = { cause: { code: "rule.broken", details: { rule: "time.closed" } } };
