import type { Ctx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { projectRoleSql } from "../projects/project.access.ts";
import { ranksIn } from "./place-task.ts";
import { lockPlace, type Place, requirePlace } from "./task.queries.ts";
import { requireRoom } from "./task.rules.ts";
import type { TaskView } from "./task.view.ts";
import { startStatusSql } from "./task.workflow.ts";

/** Which status, labels and people of the project `$1` stand for those of the tasks `$2`. */
const counterpartsStatement = statement(
  "task.counterparts",
  `select
    (select json_object_agg(o.id, coalesce(
        (select n.id from projects.statuses n where n.project_id = p.id and (n.id = o.id or lower(n.name) = lower(o.name)) order by n.id = o.id desc limit 1),
        (select n.id from projects.statuses n where n.project_id = p.id and n.category = o.category order by n.rank, n.id limit 1),
        (select n.id from projects.statuses n where n.project_id = p.id order by n.rank, n.id limit 1)))
      from projects.statuses o where o.id in (select t.status_id from tasks.tasks t where t.id = any($2::uuid[]))) as statuses,
    (select json_object_agg(o.id, n.id) from projects.labels o join projects.labels n on n.project_id = p.id and lower(n.name) = lower(o.name)
      where o.id in (select l.label_id from tasks.task_labels l where l.task_id = any($2::uuid[]))) as labels,
    array(select distinct a.user_id from tasks.task_assignees a where a.task_id = any($2::uuid[]) and ${projectRoleSql("p", "a.user_id")} > 0) as people,
    ${startStatusSql("p.id")} as start,
    case when p.settings ->> 'workflow' = 'restricted' then
      array(select tr.to_status_id from projects.transitions tr where tr.project_id = p.id and tr.from_status_id is null) end as beginnings
  from projects.projects p where p.id = $1`,
);
export interface Counterparts {
  statuses: Record<string, string | null> | null;
  labels: Record<string, string> | null;
  people: string[];
  start: string | null;
  /** Where new tasks may be besides, in a restricted workflow; else null: anywhere. */
  beginnings: string[] | null;
}

export async function counterpartsOf(
  ctx: Ctx,
  projectId: string,
  taskIds: readonly string[],
): Promise<Counterparts | undefined> {
  const [counterparts] = await ctx.sql.query<Counterparts>(counterpartsStatement, [projectId, taskIds]);
  return counterparts;
}

/** A restricted workflow lets new tasks begin in few statuses; a copy of what went on begins where tasks begin. */
export function beginningOf(counterparts: Counterparts | undefined, { statusId }: TaskView): string | null {
  const { statuses = null, start = null, beginnings = null } = counterparts ?? {};
  const counterpart = statuses?.[statusId] ?? null;
  return !counterpart || !beginnings || beginnings.includes(counterpart) ? counterpart : start;
}

/**
 * The bottom of each status that tasks enter, with a rank for each of them. The statuses must be locked.
 *
 * @param how.idOf of the task that enters: the same, or a copy
 * @param how.takesRoom whether it counts against limits
 */
export async function findPlaces(
  ctx: Ctx,
  projectId: string,
  targets: ReadonlyMap<string, readonly TaskView[]>,
  how: { idOf(task: TaskView): string; takesRoom(task: TaskView): boolean },
) {
  const found = new Map<string, Place & { rank: string }>();
  for (const [statusId, entering] of targets) {
    const taskIds = entering.map(how.idOf);
    const place = await lockPlace(ctx, statusId, { taskId: taskIds[0] as string, projectId }, "bottom");
    requirePlace(place, statusId, "bottom");
    requireRoom(place, entering.filter(how.takesRoom).length);
    const ranks = await ranksIn(ctx, place, taskIds);
    entering.forEach((task, at) => {
      found.set(task.id, { ...place, rank: ranks[at] as string });
    });
  }
  return found;
}
