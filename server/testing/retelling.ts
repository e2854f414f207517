import type { Category } from "../domain/analytics/facts.ts";
import type { StoredChange } from "../platform/feed.ts";

export interface Known {
  id: string;
  statusId: string;
  estimateMinutes: number | null;
  assigneeIds: string[];
  dueOn: string | null;
  sprintId: string | null;
  archivedAt: string | null;
  createdAt: string;
  isGone: boolean;
  startedAt: string | null;
  completedAt: string | null;
}

/** What happened, told again from the beginning, with nothing but a map of tasks. */
export class Retelling {
  readonly tasks = new Map<string, Known>();
  readonly categories = new Map<string, Category>();

  categoryOf(task: Known): Category | null {
    const category = this.categories.get(task.statusId) as Category;
    const isAside = task.archivedAt !== null && category !== "done" && category !== "cancelled";
    return task.isGone || isAside ? null : category;
  }

  hear({ entity, op, entityId, patch, at }: StoredChange): void {
    if (entity === "status" && patch["category"]) this.categories.set(entityId, patch["category"] as Category);
    if (entity === "task") {
      const fresh = { isGone: false, startedAt: null, completedAt: null };
      const known = this.tasks.get(entityId) ?? (fresh as unknown as Known);
      const isGone = op === "delete" || (op === "update" && known.isGone);
      this.tasks.set(entityId, { ...known, ...patch, isGone });
    }
    for (const id of entity === "task" ? [entityId] : this.tasks.keys()) {
      const task = this.tasks.get(id);
      if (!task) continue;
      const category = this.categoryOf(task);
      if (category === "in_progress") task.startedAt ??= at;
      const isDone = this.categories.get(task.statusId) === "done";
      if (!task.isGone) task.completedAt = isDone ? (task.completedAt ?? at) : null;
    }
  }
}
