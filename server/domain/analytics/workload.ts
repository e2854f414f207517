import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { day } from "../fields.ts";
import { dayOf } from "./calendar.ts";
import { figureFields, periodOf } from "./period.ts";
import { readSql } from "./read-sql.ts";
import { accessScope, inScope, scopeValues } from "./scope.ts";

export const workloadInput = z.strictObject({ scope: figureFields.scope, timeZone: figureFields.timeZone });

const load = z.object({
  userId: z.uuid().nullable().describe("null: assigned to nobody"),
  tasks: z.int().describe("open ones; a task of several people counts for each"),
  minutes: z.int().describe("their estimates"),
  unestimatedTasks: z.int(),
  inProgressTasks: z.int(),
  overdueTasks: z.int(),
});
export const workloadSchema = z.object({
  on: day,
  total: z.object({ tasks: z.int(), minutes: z.int() }).describe("each task once"),
  people: z.array(load).describe("only the caller, where they may not see what single people do"),
});
export type Workload = z.output<typeof workloadSchema>;

const isOpen = "t.category in ('backlog', 'todo', 'in_progress')";
const workloadStatement = statement(
  "analytics.workload",
  `select person.id as "userId", count(*) as tasks, coalesce(sum(t.estimate_minutes), 0) as minutes,
    count(*) filter (where t.estimate_minutes is null) as "unestimatedTasks",
    count(*) filter (where t.category = 'in_progress') as "inProgressTasks",
    count(*) filter (where t.due_on < $5::date) as "overdueTasks"
  from analytics.tasks t
  left join lateral unnest(t.assignee_ids) person (id) on true
  where ${inScope("t")} and ${isOpen} and (person.id is null or person.id = $6 or t.project_id = any($4::uuid[]))
    and ($3::uuid[] is null or person.id = any($3))
  group by 1 order by 3 desc, 2 desc, 1`,
);
const totalStatement = statement(
  "analytics.workload-total",
  `select count(*) as tasks, coalesce(sum(t.estimate_minutes), 0) as minutes from analytics.tasks t where ${inScope("t")} and ${isOpen}`,
);

/**
 * Who has how much to do now: open tasks, their estimates, and what is overdue.
 *
 * @throws AppError `not-found` | `access.denied`
 */
export async function readWorkload(ctx: Ctx, input: z.output<typeof workloadInput>): Promise<Workload> {
  const scope = await accessScope(ctx, input.scope);
  const { timeZone } = await periodOf(ctx, { ...input, granularity: "day" }, { ...scope, sprint: null });
  const on = dayOf(ctx.now.toISOString(), timeZone);
  const values = scopeValues(scope);
  const [people, [total]] = await readSql(ctx, (sql) =>
    Promise.all([
      sql.query<Workload["people"][number]>(workloadStatement, [
        ...values,
        ...[scope.openProjectIds, on, ctx.actor.userId],
      ]),
      sql.query<Workload["total"]>(totalStatement, values),
    ]),
  );
  return { on, total: total as Workload["total"], people };
}
