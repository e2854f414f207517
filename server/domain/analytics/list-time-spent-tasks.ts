import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { invalid } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { pageFrom, placeOf } from "../cursor.ts";
import { id, page, pageOf } from "../fields.ts";
import { figureFields, periodOf } from "./period.ts";
import { readSql } from "./read-sql.ts";
import { accessTimeScope, ofTime, readable, timeValues } from "./time-scope.ts";

export const listTimeSpentTasksInput = z.strictObject({
  scope: figureFields.scope,
  from: figureFields.from,
  to: figureFields.to,
  timeZone: figureFields.timeZone,
  userId: id.optional().describe("only this person's time"),
  billable: z.boolean().optional(),
  ...page,
});

const spentTask = z.object({
  taskId: z.uuid().nullable().describe("null: time on the project, on none of its tasks"),
  projectId: z.uuid(),
  key: z.string().nullable(),
  title: z.string().nullable(),
  minutes: z.int().describe("from `from` to `to`"),
  billableMinutes: z.int().describe("of them"),
  estimateMinutes: z.int().nullable(),
  actualMinutes: z
    .int()
    .describe("all time on it until `to` that the caller may read, whoever's: compare it with the estimate"),
});
export const timeSpentTasksSchema = pageOf(spentTask);
type Row = z.output<typeof spentTask> & { id: string; sortText: string };

const allTimeOn = (task: string) => `(select coalesce(sum(te.minutes), 0)::int8 from analytics.time_entries te
    where ${readable} and te.project_id = b.project_id and te.task_id ${task} and te.spent_on <= $7)`;
const tasksStatement = statement(
  "analytics.time-spent-tasks",
  `with booked as (
    select te.project_id, te.task_id, coalesce(te.task_id, te.project_id) as id, sum(te.minutes)::int8 as minutes,
      coalesce(sum(te.minutes) filter (where te.billable), 0)::int8 as billable
    from analytics.time_entries te
    where ${ofTime} and ($9::uuid is null or te.user_id = $9) and ($10::boolean is null or te.billable = $10)
    group by te.project_id, te.task_id
  ), listed as materialized (
    select * from booked b where $11::int8 is null or (b.minutes, b.id) < ($11, $12::uuid)
    order by b.minutes desc, b.id desc limit $13
  )
  select b.id, b.minutes::text as "sortText", b.task_id as "taskId", b.project_id as "projectId", t.key, t.title, b.minutes,
    b.billable as "billableMinutes", t.estimate_minutes as "estimateMinutes",
    case when b.task_id is null then ${allTimeOn("is null")} else ${allTimeOn("= b.task_id")} end as "actualMinutes"
  from listed b left join analytics.tasks t on t.project_id = b.project_id and t.task_id = b.task_id
  order by b.minutes desc, b.id desc`,
);

/**
 * What a bar of the time spent consists of: tasks and the minutes on them, most first.
 *
 * @throws AppError `not-found` | `access.denied` | `validation.failed` (period, cursor)
 */
export async function listTimeSpentTasks(ctx: Ctx, input: z.output<typeof listTimeSpentTasksInput>) {
  const scope = await accessTimeScope(ctx, input.scope);
  const period = await periodOf(ctx, { ...input, granularity: "month" }, scope);
  const [minutes, after] = placeOf(input.cursor);
  if (minutes !== null && !/^\d{1,15}$/.test(minutes)) throw invalid("cursor", "is not of this list");
  const values = [
    ...timeValues(scope, ctx.actor.userId, period),
    ...[input.userId ?? null, input.billable ?? null, minutes, after, input.limit + 1],
  ];
  const rows = await readSql(ctx, (sql) => sql.query<Row>(tasksStatement, values));
  const { items, nextCursor } = pageFrom(rows, input.limit);
  return { items: items.map(({ id: _, ...task }) => task), nextCursor };
}
