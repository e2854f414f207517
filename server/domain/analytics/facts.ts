import type { StoredChange } from "../../platform/feed.ts";
import type { StatusView } from "../projects/project.view.ts";

export type Category = StatusView["category"];

export interface StatusFact {
  readonly organizationId: string;
  readonly projectId: string;
  readonly statusId: string;
  readonly name: string;
  readonly category: Category;
  readonly rank: string;
  readonly isDeleted: boolean;
}

export interface SprintFact {
  readonly organizationId: string;
  readonly projectId: string;
  readonly sprintId: string;
  readonly name: string;
  readonly state: string;
  readonly startsOn: string | null;
  readonly endsOn: string | null;
  readonly startedAt: string | null;
  readonly closedAt: string | null;
  readonly isDeleted: boolean;
}

/** What figures ask of a task; while it does not change, the task is in one span. */
interface Standing {
  readonly organizationId: string;
  readonly projectId: string;
  readonly taskId: string;
  readonly statusId: string;
  readonly estimateMinutes: number | null;
  readonly assigneeIds: readonly string[];
  readonly sprintId: string | null;
  readonly milestoneId: string | null;
  readonly dueOn: string | null;
}

/** A task as the feed last told of it; with a category, also the span that is open since `beganAt`. */
export interface TaskFact extends Standing {
  readonly key: string;
  readonly title: string;
  readonly isArchived: boolean;
  readonly isDeleted: boolean;
  readonly createdAt: string;
  /** First entered a status in progress; kept when it is reopened. */
  readonly startedAt: string | null;
  /** Last entered a done status, and is still in one. */
  readonly completedAt: string | null;
  /** Null where it counts nowhere: in the trash, or put aside unfinished. */
  readonly category: Category | null;
  readonly beganAt: string;
  readonly beganSeq: number;
}

/** A time in which a task stood still; half open: it includes `beganAt` and not `endedAt`. */
export interface Span extends Standing {
  readonly category: Category;
  readonly beganAt: string;
  readonly beganSeq: number;
  readonly endedAt: string;
}

/** A project's facts as far as some changes need them, and what became of them. */
export class Facts {
  readonly statuses = new Map<string, StatusFact>();
  readonly sprints = new Map<string, SprintFact>();
  readonly tasks = new Map<string, TaskFact>();
  /** In the order in which they ended. */
  readonly ended: Span[] = [];
  readonly touchedTasks = new Set<string>();
  readonly touchedStatuses = new Set<string>();
  readonly touchedSprints = new Set<string>();
  /** Hears of every task that stands differently, in order. */
  readonly #heard: (at: string, before: TaskFact | null, after: TaskFact) => void;

  constructor(heard: (at: string, before: TaskFact | null, after: TaskFact) => void = () => {}) {
    this.#heard = heard;
  }

  /** Follows one change of the project's channel; those of other entities mean nothing here. */
  apply(change: StoredChange): void {
    if (change.entity === "task") this.#applyTask(change);
    else if (change.entity === "status") this.#applyStatus(change);
    else if (change.entity === "sprint") this.#applySprint(change);
  }

  #applyTask({ op, entityId, patch, at, seq }: StoredChange): void {
    const before = this.tasks.get(entityId) ?? null;
    if (op === "delete") {
      if (before) this.#put(before, { ...before, isDeleted: true }, at, seq);
      return;
    }
    if (op === "update" && !before) return; // of before the feed was kept
    const has = <V>(field: string, old: V): V => (field in patch ? (patch[field] as V) : old);
    this.#put(
      before,
      {
        organizationId: has("organizationId", before?.organizationId ?? ""),
        projectId: has("projectId", before?.projectId ?? ""),
        taskId: entityId,
        key: has("key", before?.key ?? ""),
        title: has("title", before?.title ?? ""),
        statusId: has("statusId", before?.statusId ?? ""),
        estimateMinutes: has("estimateMinutes", before?.estimateMinutes ?? null),
        assigneeIds: has("assigneeIds", before?.assigneeIds ?? []),
        sprintId: has("sprintId", before?.sprintId ?? null),
        milestoneId: has("milestoneId", before?.milestoneId ?? null),
        dueOn: has("dueOn", before?.dueOn ?? null),
        isArchived: has("archivedAt", before?.isArchived ? "" : null) !== null,
        isDeleted: op === "create" ? false : (before?.isDeleted ?? false),
        createdAt: has("createdAt", before?.createdAt ?? at),
        startedAt: before?.startedAt ?? null,
        completedAt: before?.completedAt ?? null,
        category: before?.category ?? null,
        beganAt: before?.beganAt ?? at,
        beganSeq: before?.beganSeq ?? seq,
      },
      at,
      seq,
    );
  }

  #applyStatus({ op, entityId, patch, at, seq }: StoredChange): void {
    const before = this.statuses.get(entityId);
    this.touchedStatuses.add(entityId);
    if (op === "delete") {
      if (before) this.statuses.set(entityId, { ...before, isDeleted: true });
      return;
    }
    const view = patch as Partial<StatusView>;
    if (op === "create") {
      const { organizationId, projectId, name, category, rank } = view as StatusView;
      this.statuses.set(entityId, {
        ...{ organizationId, projectId, statusId: entityId, name, category, rank, isDeleted: false },
      });
    } else if (before) {
      const { name = before.name, category = before.category, rank = before.rank } = view;
      this.statuses.set(entityId, { ...before, name, category, rank });
    }
    if (view.category === undefined || !before) return;
    for (const task of this.tasks.values()) if (task.statusId === entityId) this.#put(task, task, at, seq);
  }

  #applySprint({ op, entityId, patch }: StoredChange): void {
    const before = this.sprints.get(entityId);
    this.touchedSprints.add(entityId);
    if (op === "delete") {
      if (before) this.sprints.set(entityId, { ...before, isDeleted: true });
      return;
    }
    const none = {
      ...{ organizationId: "", projectId: "", name: "", state: "planned", isDeleted: false },
      ...{ startsOn: null, endsOn: null, startedAt: null, closedAt: null },
    };
    const known = { ...none, ...before } as unknown as Record<string, unknown>;
    for (const field of Object.keys(none)) if (field in patch) known[field] = patch[field];
    this.sprints.set(entityId, { ...(known as unknown as SprintFact), sprintId: entityId });
  }

  /** Ends the span that was open, and begins another, unless the task stands as before. */
  #put(before: TaskFact | null, wanted: TaskFact, at: string, seq: number): void {
    const { taskId } = wanted;
    this.touchedTasks.add(taskId);
    const category = this.#categoryOf(wanted);
    const statusCategory = this.statuses.get(wanted.statusId)?.category ?? "todo";
    const isDone = statusCategory === "done" && !wanted.isDeleted;
    const after: TaskFact = {
      ...wanted,
      category,
      startedAt: wanted.startedAt ?? (category === "in_progress" ? at : null),
      completedAt: isDone ? (wanted.completedAt ?? at) : wanted.isDeleted ? wanted.completedAt : null,
      ...(before && isSame(before, { ...wanted, category }) ? {} : { beganAt: at, beganSeq: seq }),
    };
    this.tasks.set(taskId, after);
    if (after.beganSeq === before?.beganSeq && after.beganAt === before.beganAt) return;
    if (before?.category) this.ended.push(spanOf(before, before.category, at));
    this.#heard(at, before, after);
  }

  #categoryOf({ statusId, isDeleted, isArchived }: TaskFact): Category | null {
    const category = this.statuses.get(statusId)?.category ?? "todo";
    const isEnded = category === "done" || category === "cancelled";
    return isDeleted || (isArchived && !isEnded) ? null : category;
  }
}

const isSame = (one: TaskFact, other: TaskFact): boolean =>
  one.category === other.category &&
  (one.category === null ||
    (one.statusId === other.statusId &&
      one.estimateMinutes === other.estimateMinutes &&
      one.sprintId === other.sprintId &&
      one.milestoneId === other.milestoneId &&
      one.dueOn === other.dueOn &&
      one.assigneeIds.length === other.assigneeIds.length &&
      one.assigneeIds.every((id, at) => id === other.assigneeIds[at])));

const spanOf = (task: TaskFact, category: Category, endedAt: string): Span => ({
  organizationId: task.organizationId,
  projectId: task.projectId,
  taskId: task.taskId,
  statusId: task.statusId,
  category,
  estimateMinutes: task.estimateMinutes,
  assigneeIds: task.assigneeIds,
  sprintId: task.sprintId,
  milestoneId: task.milestoneId,
  dueOn: task.dueOn,
  beganAt: task.beganAt,
  beganSeq: task.beganSeq,
  endedAt: endedAt < task.beganAt ? task.beganAt : endedAt, // a clock that was set back
});
