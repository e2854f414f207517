import { ruleBroken } from "../../errors.ts";
import type { Place } from "./task.queries.ts";
import type { TaskView } from "./task.view.ts";

/** Entering a done or cancelled status completes the task; leaving for another one reopens it. */
export function completedAtIn(place: Place, task: TaskView, now: Date): string | null {
  const ended = place.category === "done" || place.category === "cancelled";
  return ended ? (task.completedAt ?? now.toISOString()) : null;
}

/** @throws AppError `rule.broken` when the status is full */
export function requireRoom(place: Place, entering = 1): void {
  if (place.wipLimit === null || (place.taken ?? 0) + entering <= place.wipLimit) return;
  throw ruleBroken("status.wip-limit", "This status holds as many tasks as it may.", {
    statusId: place.statusId,
    wipLimit: place.wipLimit,
  });
}

/** @throws AppError `rule.broken` for what lies in the trash */
export function requireNotTrashed(task: TaskView): void {
  if (task.deletedAt)
    throw ruleBroken("task.trashed", "This task is in the trash; restore it first.", { taskId: task.id });
}
