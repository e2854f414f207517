import type { Ctx } from "../../context.ts";
import { notFound } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { write } from "../../transaction.ts";
import type { StatusView } from "../projects/project.view.ts";
import type { TaskView } from "./task.view.ts";

const saveStatement = statement(
  "task.save",
  `update tasks.tasks set status_id = $2, rank = $3, priority = $4, parent_id = $5, start_on = $6, due_on = $7, estimate_minutes = $8,
    completed_at = $9, archived_at = $10, deleted_at = $11, updated_at = $12, version = $13
  where id = $1`,
);
const saveWordsStatement = statement(
  "task.save-words",
  "update tasks.tasks set title = $2, description = $3 where id = $1",
);

/**
 * Writes what differs between two views of a task that is locked, as its next version. Nothing is written when nothing
 * differs. Assignees and labels live in tables of their own and are not written here.
 *
 * @returns the task after the write
 */
export function saveTask(ctx: Ctx, before: TaskView, wanted: TaskView): TaskView {
  const same = (Object.keys(wanted) as (keyof TaskView)[]).every((field) => sameValue(before[field], wanted[field]));
  if (same) return before;
  const task = { ...wanted, version: before.version + 1, updatedAt: ctx.now.toISOString() };
  if (before.title !== task.title || before.description !== task.description) {
    write(ctx, saveWordsStatement, [task.id, task.title, task.description]);
  }
  write(ctx, saveStatement, [
    task.id,
    task.statusId,
    task.rank,
    task.priority,
    task.parentId,
    task.startOn,
    task.dueOn,
    task.estimateMinutes,
    task.completedAt,
    task.archivedAt,
    task.deletedAt,
    task.updatedAt,
    task.version,
  ]);
  return task;
}

const sameValue = (a: unknown, b: unknown) =>
  a === b || (Array.isArray(a) && Array.isArray(b) && a.join() === b.join());

/** A gap in a status, and what the status says about entering it. */
export interface Place {
  statusId: string;
  category: StatusView["category"];
  wipLimit: number | null;
  /** Tasks in the status that count against the limit; null when it has none. */
  taken: number | null;
  afterTaskId: string | null;
  /** Rank before the gap; null at the top. */
  afterRank: string | null;
  /** Rank behind the gap; null at the bottom. */
  beforeRank: string | null;
}

/** Where in a status: behind a task, at the top (null), or at the bottom. */
export type Position = { afterTaskId: string | null } | "bottom";

const lockStatusStatement = statement("status.lock", "select from projects.statuses where id = $1 for no key update");

const status = `s.id as "statusId", s.category, s.wip_limit as "wipLimit",
  case when s.wip_limit is not null then
    (select count(*) from tasks.tasks c where c.status_id = s.id and c.deleted_at is null and c.archived_at is null and c.id <> $3) end as taken`;

/** `$2` is the project, or null for the one that the task `$3` is in. */
const inItsProject = `s.project_id = coalesce($2::uuid, (select own.project_id from tasks.tasks own where own.id = $3))`;

const gapStatement = statement(
  "task.gap",
  `select ${status}, a.id as "afterTaskId", a.rank as "afterRank", (
      select n.rank from tasks.tasks n
      where n.status_id = s.id and n.deleted_at is null and n.id <> $3
        and (n.rank, n.id) > (coalesce(a.rank, ''), coalesce(a.id, '00000000-0000-0000-0000-000000000000'))
      order by n.rank, n.id limit 1) as "beforeRank"
  from projects.statuses s
  left join tasks.tasks a on a.id = $4 and a.status_id = s.id and a.deleted_at is null and a.id <> $3
  where s.id = $1 and ${inItsProject}`,
);
const bottomStatement = statement(
  "task.bottom",
  `select ${status}, null as "afterTaskId", null as "beforeRank", (
      select n.rank from tasks.tasks n where n.status_id = s.id and n.deleted_at is null and n.id <> $3
      order by n.rank desc, n.id desc limit 1) as "afterRank"
  from projects.statuses s where s.id = $1 and ${inItsProject}`,
);

/** Whose place is looked for; `projectId` where the task does not exist yet. */
export interface Placed {
  taskId: string;
  projectId: string | null;
}

/**
 * Locks a status, so that two who enter it wait for each other, and finds the gap. Sent before the task is locked:
 * status first, then task, is the order that all movers keep.
 *
 * @returns null when the status is not of the task's project; pass it to `requirePlace` behind the task's door
 */
export async function lockPlace(ctx: Ctx, statusId: string, placed: Placed, position: Position): Promise<Place | null> {
  const asked = [statusId, placed.projectId, placed.taskId];
  const [, [place]] = await Promise.all([
    ctx.sql.query(lockStatusStatement, [statusId]),
    position === "bottom"
      ? ctx.sql.query<Place>(bottomStatement, asked)
      : ctx.sql.query<Place>(gapStatement, [...asked, position.afterTaskId]),
  ]);
  return place ?? null;
}

/** @throws AppError `not-found` (status, or the task to stand behind) */
export function requirePlace(place: Place | null, statusId: string, position: Position): asserts place is Place {
  if (!place) throw notFound("status", statusId);
  const behind = position === "bottom" ? null : position.afterTaskId;
  if (behind && place.afterTaskId !== behind) throw notFound("task", behind);
}

const firstStatusStatement = statement(
  "task.first-status",
  `select id from projects.statuses where project_id = $1 order by rank, id limit 1`,
);

/** Where tasks start when nobody says where. */
export async function findFirstStatusId(ctx: Ctx, projectId: string): Promise<string | null> {
  const [status] = await ctx.sql.query<{ id: string }>(firstStatusStatement, [projectId]);
  return status?.id ?? null;
}
