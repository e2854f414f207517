import type { Ctx } from "../../context.ts";
import { AppError, ruleBroken } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import type { TransitionView } from "../projects/workflow.view.ts";
import { rightsCover, roleRights } from "../rights.ts";
import type { Edit } from "./task.save.ts";
import type { TaskView } from "./task.view.ts";

/** What a project asks of tasks that enter a status. */
export interface EntryRules {
  workflow: "free" | "guarded" | "restricted";
  /** Whether new tasks begin in this status unless they say where. */
  isStart: boolean;
  /** Those that lead here. */
  transitions: Pick<TransitionView, "id" | "fromStatusId" | "allowed" | "required" | "requiredFieldIds">[];
  /** The status is a done one, and waiting tasks, or those with open sub-tasks, may not be. */
  blockedStayOut: boolean;
  subtasksFirst: boolean;
}

/** Where tasks of a project begin: in the status that its settings name, else in the first one. */
export const startStatusSql = (projectId: string) =>
  `(select f.id from projects.statuses f where f.project_id = ${projectId}
    order by f.id = (select (d.settings -> 'defaults' ->> 'statusId')::uuid from projects.projects d where d.id = ${projectId}) desc nulls last,
      f.rank, f.id limit 1)`;

/** `EntryRules` of a status `s` of the project `p`; null where the project has none, which is looked at once. */
export const entryRulesSql = `case when p.is_ruled then json_build_object(
    'workflow', p.settings -> 'workflow',
    'isStart', s.id = ${startStatusSql("s.project_id")},
    'transitions', coalesce((select json_agg(json_build_object('id', tr.id, 'fromStatusId', tr.from_status_id, 'allowed', tr.allowed,
        'required', tr.required, 'requiredFieldIds', tr.required_field_ids))
      from projects.transitions tr where tr.to_status_id = s.id), '[]'),
    'blockedStayOut', s.category = 'done' and (p.settings ->> 'blockedStayOpen')::boolean,
    'subtasksFirst', s.category = 'done' and (p.settings ->> 'subtasksFirst')::boolean) end`;

/** Who lets a task move. */
export interface Mover {
  userId: string;
  /** In the project. */
  rights: number;
}

interface Entry {
  statusId: string;
  rules: EntryRules | null;
}

/**
 * Asks the transitions whether a task may go to a status. A transition from the task's own status stands before one
 * from anywhere; new tasks come from nowhere, and need none for the status where tasks begin.
 *
 * @param task as it shall be
 * @param from the status it leaves; null for a new task
 * @throws AppError `rule.broken` (no transition, or something is missing) | `access.denied` (not for this mover)
 */
export function requireTransition({ statusId, rules }: Entry, task: TaskView, from: string | null, mover: Mover): void {
  if (!rules || rules.workflow === "free" || from === statusId) return;
  const ways = rules.transitions.filter((way) => way.fromStatusId === from || way.fromStatusId === null);
  const way = ways.find(({ fromStatusId }) => fromStatusId !== null) ?? ways[0];
  if (!way) {
    if (rules.workflow === "guarded" || (from === null && rules.isStart)) return;
    throw ruleBroken("transition.none", "The project's workflow has no way to this status.", {
      taskId: task.id,
      fromStatusId: from,
      toStatusId: statusId,
    });
  }
  const { id: transitionId } = way;
  if (way.allowed.length > 0 && !way.allowed.some((who) => isOne(who, task, mover)))
    throw new AppError("access.denied", "The project's workflow leaves this to others.", {
      taskId: task.id,
      transitionId,
      allowed: way.allowed,
    });
  const missing = [
    ...way.required.filter((field) => `${task[field] ?? ""}` === ""),
    ...way.requiredFieldIds
      .filter((fieldId) => task.fields[fieldId] === undefined)
      .map((fieldId) => `fields.${fieldId}`),
  ];
  if (missing.length > 0)
    throw ruleBroken("transition.required", "Something must be filled in first.", {
      taskId: task.id,
      transitionId,
      missing,
    });
}

function isOne(who: TransitionView["allowed"][number], task: TaskView, { userId, rights }: Mover): boolean {
  if (who === "assignee") return task.assigneeIds.includes(userId);
  if (who === "creator") return task.createdById === userId;
  return rightsCover(rights, roleRights[who]);
}

/** Of the tasks `$1` that shall be done together: those that wait for another one, and those with open sub-tasks. */
const obstaclesStatement = statement(
  "task.obstacles",
  `select t.id,
    exists (select from tasks.task_links k join tasks.tasks b on b.id = k.blocker_id
      where k.blocked_id = t.id and b.completed_at is null and b.deleted_at is null and b.id <> all($1::uuid[])) as blocked,
    exists (select from tasks.tasks c
      where c.parent_id = t.id and c.completed_at is null and c.deleted_at is null and c.id <> all($1::uuid[])) as unfinished
  from tasks.tasks t where t.id = any($1::uuid[]) order by t.number`,
);

/**
 * Refuses to complete what waits for open tasks, or has open sub-tasks, where the project's settings say so. Those that
 * are completed together do not stand in each other's way. Asks the database only where there is such a rule.
 *
 * @throws AppError `rule.broken`
 */
export async function requireFinished(ctx: Ctx, { statusId, rules }: Entry, edits: readonly Edit[]): Promise<void> {
  if (!rules || !(rules.blockedStayOut || rules.subtasksFirst)) return;
  const entering = edits.filter(({ before, wanted }) => wanted.statusId === statusId && before.statusId !== statusId);
  const taskIds = entering.filter(({ before }) => !before.completedAt).map(({ before }) => before.id);
  if (taskIds.length === 0) return;
  const found = await ctx.sql.query<{ id: string; blocked: boolean; unfinished: boolean }>(obstaclesStatement, [
    taskIds,
  ]);
  for (const { id: taskId, blocked, unfinished } of found) {
    if (blocked && rules.blockedStayOut)
      throw ruleBroken("task.blocked", "This task waits for another one that is not completed.", { taskId });
    if (unfinished && rules.subtasksFirst)
      throw ruleBroken("task.subtasks", "This task has sub-tasks that are not completed.", { taskId });
  }
}
