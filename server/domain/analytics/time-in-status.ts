import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { statusCategories } from "../projects/project.view.ts";
import { type FigureInput, periodOf, periodShape, periodShown } from "./period.ts";
import { readSql } from "./read-sql.ts";
import { accessScope, inScope, scopeValues } from "./scope.ts";

const statusTime = z.object({
  statusId: z.uuid(),
  name: z.string().describe("as it was called last"),
  category: z.enum(statusCategories),
  tasks: z.int().describe("those completed tasks that were ever in it"),
  totalMinutes: z.int(),
  averageMinutes: z.int(),
  p50Minutes: z.int(),
  p85Minutes: z.int(),
});
export const timeInStatusSchema = z.object({ ...periodShape, statuses: z.array(statusTime) });
export type TimeInStatus = z.output<typeof timeInStatusSchema>;

const spentStatement = statement(
  "analytics.time-in-status",
  `with spent as (
    select s.project_id, s.status_id, s.task_id, sum(extract(epoch from s.ended_at - s.began_at)) / 60 as minutes
    from analytics.tasks t join analytics.spans s on s.project_id = t.project_id and s.task_id = t.task_id
    where ${inScope("t")} and not t.is_deleted and t.completed_at >= $4 and t.completed_at < $5 and s.ended_at <= t.completed_at
    group by 1, 2, 3
  )
  select s.status_id as "statusId", st.name, st.category, count(*) as tasks, round(sum(s.minutes))::int8 as "totalMinutes",
    round(avg(s.minutes))::int8 as "averageMinutes",
    round(percentile_disc(0.5) within group (order by s.minutes))::int8 as "p50Minutes",
    round(percentile_disc(0.85) within group (order by s.minutes))::int8 as "p85Minutes"
  from spent s join analytics.statuses st on st.project_id = s.project_id and st.status_id = s.status_id
  group by s.status_id, st.name, st.category, st.rank
  order by array_position('{backlog,todo,in_progress,done,cancelled}', st.category), st.rank, s.status_id`,
);

/**
 * Where the time goes: how long the tasks that were completed in the period had been in each status until then, all
 * visits together. Percentiles are by nearest rank.
 *
 * @throws AppError `not-found` | `access.denied` | `validation.failed` (period)
 */
export async function readTimeInStatus(ctx: Ctx, input: FigureInput): Promise<TimeInStatus> {
  const scope = await accessScope(ctx, input.scope);
  const period = await periodOf(ctx, input, scope);
  const values = [...scopeValues(scope), period.instants[0], period.instants.at(-1)];
  const statuses = await readSql(ctx, (sql) => sql.query<TimeInStatus["statuses"][number]>(spentStatement, values));
  return { ...periodShown(period), statuses };
}
