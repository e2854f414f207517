import { z } from "zod";
import { denied, ruleBroken } from "../../errors.ts";
import { rightsGrant } from "../rights.ts";
import type { Place } from "./task.queries.ts";
import type { TaskView } from "./task.view.ts";

/** Entering a done or cancelled status completes the task; leaving for another one reopens it. */
export function completedAtIn(place: Pick<Place, "category">, task: TaskView, now: Date): string | null {
  const ended = place.category === "done" || place.category === "cancelled";
  return ended ? (task.completedAt ?? now.toISOString()) : null;
}

/** What is archived or in the trash takes no room in its status. */
export const takesRoom = (task: TaskView) => task.archivedAt === null && task.deletedAt === null;

/** In the input of whatever puts tasks into a status. */
export const overLimit = z
  .boolean()
  .optional()
  .describe("also where the status holds as many tasks as it may; needs the permission `task.exceed-limit`");

/** The wish to enter a status though it is full, and the rights of who wishes it. */
export interface Exceeding {
  overLimit: boolean | undefined;
  rights: number;
}

/** @throws AppError `rule.broken` when the status is full | `access.denied` when the wish to enter it is not granted */
export function requireRoom(
  place: Pick<Place, "statusId" | "wipLimit" | "taken">,
  entering = 1,
  exceeding?: Exceeding,
): void {
  if (entering === 0 || place.wipLimit === null || (place.taken ?? 0) + entering <= place.wipLimit) return;
  if (exceeding?.overLimit) {
    if (rightsGrant(exceeding.rights, "task.exceed-limit")) return;
    throw denied("task.exceed-limit");
  }
  throw ruleBroken("status.wip-limit", "This status holds as many tasks as it may.", {
    statusId: place.statusId,
    wipLimit: place.wipLimit,
  });
}

/** @throws AppError `rule.broken` for what lies in the trash */
export function requireNotTrashed(task: Pick<TaskView, "id" | "deletedAt">): void {
  if (task.deletedAt)
    throw ruleBroken("task.trashed", "This task is in the trash; restore it first.", { taskId: task.id });
}

/** @throws AppError `rule.broken` when the start lies behind the due day */
export function requireDates({ id, startOn, dueOn }: TaskView): void {
  if (startOn && dueOn && startOn > dueOn)
    throw ruleBroken("task.dates", "The start cannot lie behind the due day.", { taskId: id });
}

/** Sets are part of every view, so they stay small. */
const largestSet = 50;

/** @throws AppError `rule.broken` when a task would have more assignees or labels than it may */
export function requireSmallSets({ id, assigneeIds, labelIds }: TaskView): void {
  if (assigneeIds.length > largestSet || labelIds.length > largestSet)
    throw ruleBroken("task.too-many", `A task has at most ${largestSet} assignees and ${largestSet} labels.`, {
      taskId: id,
    });
}
