import type { Ctx } from "../../context.ts";
import { notFound } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import type { ProjectView, StatusView } from "../projects/project.view.ts";
import { type EntryRules, entryRulesSql, startStatusSql } from "./task.workflow.ts";

/** A gap in a status, and what the status says about entering it. */
export interface Place {
  statusId: string;
  category: StatusView["category"];
  wipLimit: number | null;
  /** Tasks in the status that count against the limit; null when it has none. */
  taken: number | null;
  /** What else the project asks of tasks that enter; null: nothing. */
  rules: EntryRules | null;
  /** What new tasks have unless they say otherwise; null where the task is not new. */
  defaults: ProjectView["settings"]["defaults"] | null;
  /** The task before the gap; null at the top. */
  afterTaskId: string | null;
  afterRank: string | null;
  /** Rank behind the gap; null at the bottom. */
  beforeRank: string | null;
}

/** Where in a status: behind a task, at the top (null), or at the bottom. */
export type Position = { afterTaskId: string | null } | "bottom";

/** `$1` is the status, or null for that of the project `$2` where tasks start when nobody says where. */
const wantedStatus = `coalesce($1::uuid, ${startStatusSql("$2")})`;

const lockStatusStatement = statement(
  "task.lock-status",
  `select s.id from projects.statuses s where s.id = ${wantedStatus} for no key update`,
);

const status = `s.id as "statusId", s.category, s.wip_limit as "wipLimit",
  case when s.wip_limit is not null then
    (select count(*) from tasks.tasks c where c.status_id = s.id and c.deleted_at is null and c.archived_at is null and c.id <> $3) end as taken,
  ${entryRulesSql} as rules, case when $2::uuid is not null then p.settings -> 'defaults' end as defaults`;
const ofProject = "join projects.projects p on p.id = s.project_id and p.organization_id = s.organization_id";

/** `$2` is the project, or null for the one that the task `$3` is in. */
const inItsProject = `s.id = ${wantedStatus}
    and s.project_id = coalesce($2::uuid, (select own.project_id from tasks.tasks own where own.id = $3))`;

const gapStatement = statement(
  "task.gap",
  `select ${status}, a.id as "afterTaskId", a.rank as "afterRank", (
      select n.rank from tasks.tasks n
      where n.status_id = s.id and n.deleted_at is null and n.id <> $3
        and (n.rank, n.id) > (coalesce(a.rank, ''), coalesce(a.id, '00000000-0000-0000-0000-000000000000'))
      order by n.rank, n.id limit 1) as "beforeRank"
  from projects.statuses s ${ofProject}
  left join tasks.tasks a on a.id = $4 and a.status_id = s.id and a.deleted_at is null and a.id <> $3
  where ${inItsProject}`,
);
const bottomStatement = statement(
  "task.bottom",
  `select ${status}, last.id as "afterTaskId", last.rank as "afterRank", null as "beforeRank"
  from projects.statuses s ${ofProject} left join lateral (
      select n.id, n.rank from tasks.tasks n where n.status_id = s.id and n.deleted_at is null and n.id <> $3
      order by n.rank desc, n.id desc limit 1) last on true
  where ${inItsProject}`,
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
 * @param statusId null: where tasks of `placed.projectId` start
 * @returns null when the status is not of the task's project; pass it to `requirePlace` behind the task's door
 */
export async function lockPlace(
  ctx: Ctx,
  statusId: string | null,
  placed: Placed,
  position: Position,
): Promise<Place | null> {
  const asked = [statusId, placed.projectId, placed.taskId];
  const [[locked], [place]] = await Promise.all([
    ctx.sql.query<{ id: string }>(lockStatusStatement, asked.slice(0, 2)),
    position === "bottom"
      ? ctx.sql.query<Place>(bottomStatement, asked)
      : ctx.sql.query<Place>(gapStatement, [...asked, position.afterTaskId]),
  ]);
  // While it waited for the lock, another status may have become the first.
  if (place && place.statusId !== locked?.id) return lockPlace(ctx, place.statusId, placed, position);
  return place ?? null;
}

/** @throws AppError `not-found` (status, or the task to stand behind) */
export function requirePlace(place: Place | null, statusId: string, position: Position): asserts place is Place {
  if (!place) throw notFound("status", statusId);
  const behind = position === "bottom" ? null : position.afterTaskId;
  if (behind && place.afterTaskId !== behind) throw notFound("task", behind);
}

const lockStatusesStatement = statement(
  "task.lock-statuses",
  `select from projects.statuses s
  where s.id = any($2::uuid[]) or s.id in (select t.status_id from tasks.tasks t where t.id = any($1::uuid[])) order by s.id for no key update`,
);

/**
 * Locks the statuses of some tasks, and others. Whoever locks several tasks begins with this, so that they
 * meet movers, who rewrite ranks around them, at a status and not at two tasks crosswise.
 */
export async function lockStatuses(
  ctx: Ctx,
  taskIds: readonly string[],
  statusIds: readonly string[] = [],
): Promise<void> {
  await ctx.sql.query(lockStatusesStatement, [taskIds, statusIds]);
}
