import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { invalid } from "../../errors.ts";
import { type Statement, statement } from "../../platform/sql.ts";
import { day, id, instant, page, pageOf } from "../fields.ts";
import { statusCategories } from "../projects/project.view.ts";
import { endOf, figureFields, periodOf } from "./period.ts";
import { readSql } from "./read-sql.ts";
import { accessScope, inScope, scopeValues } from "./scope.ts";

const kinds = ["standing", "overdue", "completed", "created"] as const;

export const listFigureTasksInput = z.strictObject({
  scope: figureFields.scope,
  of: z
    .enum(kinds)
    .describe("`standing`, `overdue`: at the end of `to`, or now; `completed`, `created`: from `from` to `to`"),
  from: figureFields.from,
  to: figureFields.to,
  timeZone: figureFields.timeZone,
  categories: z.array(z.enum(statusCategories)).min(1).max(5).optional(),
  statusIds: z.array(id).min(1).max(50).optional(),
  assigneeId: id.optional().describe("only where the caller may see what single people do, or themselves"),
  minCycleMinutes: z.int().min(0).optional().describe("of completed ones: that took at least so long"),
  ...page,
});

const figureTask = z.object({
  taskId: z.uuid(),
  projectId: z.uuid(),
  key: z.string(),
  title: z.string(),
  statusId: z.uuid().describe("then"),
  category: z.enum(statusCategories).describe("then"),
  estimateMinutes: z.int().nullable().describe("then"),
  assigneeIds: z.array(z.uuid()).describe("then"),
  sprintId: z.uuid().nullable().describe("then"),
  dueOn: day.nullable().describe("then"),
  createdAt: instant,
  startedAt: instant.nullable(),
  completedAt: instant.nullable(),
});
export const figureTasksSchema = pageOf(figureTask);
type FigureTasks = z.output<typeof figureTasksSchema>;

const standing = (
  row: string,
  isOpen: boolean,
) => `select ${row}.project_id, ${row}.task_id, ${row}.status_id, ${row}.category,
    ${row}.estimate_minutes, ${row}.assignee_ids, ${row}.sprint_id, ${row}.due_on
  from analytics.${isOpen ? "tasks" : "spans"} ${row}
  where ${inScope(row)} and ${row}.began_at < $5 ${isOpen ? `and ${row}.category is not null` : `and ${row}.ended_at >= $5`}`;
const atInstant = `${standing("s", false)} union all ${standing("o", true)}`;
const between = (
  what: string,
) => `select o.project_id, o.task_id, o.status_id, coalesce(o.category, st.category) as category,
    o.estimate_minutes, o.assignee_ids, o.sprint_id, o.due_on
  from analytics.tasks o join analytics.statuses st on st.project_id = o.project_id and st.status_id = o.status_id
  where ${inScope("o")} and not o.is_deleted and o.${what}_at >= $4 and o.${what}_at < $5`;
const overdue = `select * from (${atInstant}) d where d.category in ('backlog', 'todo', 'in_progress')
  and (d.due_on + 1)::timestamp at time zone $13 < $5`;

const select = (name: string, source: string) =>
  statement(
    `analytics.tasks-${name}`,
    `select x.task_id as "taskId", x.project_id as "projectId", t.key, t.title, x.status_id as "statusId", x.category,
      x.estimate_minutes as "estimateMinutes", x.assignee_ids as "assigneeIds", x.sprint_id as "sprintId", x.due_on as "dueOn",
      t.created_at as "createdAt", t.started_at as "startedAt", t.completed_at as "completedAt"
    from (${source}) x join analytics.tasks t on t.project_id = x.project_id and t.task_id = x.task_id
    where ($6::text[] is null or x.category = any($6)) and ($7::uuid[] is null or x.status_id = any($7))
      and ($8::uuid is null or ($8 = any(x.assignee_ids) and ($8 = $9::uuid or x.project_id = any($10::uuid[]))))
      and ($11::int is null or t.completed_at - t.started_at >= make_interval(mins => $11))
      and ($12::uuid is null or x.task_id > $12) and $4::timestamptz <= $5::timestamptz and $13::text is not null
    order by x.task_id limit $14`,
  );
const statements: Record<(typeof kinds)[number], Statement> = {
  standing: select("standing", atInstant),
  overdue: select("overdue", overdue),
  completed: select("completed", between("completed")),
  created: select("created", between("created")),
};

/**
 * The tasks behind a figure: those that a band of the cumulative flow consists of, that were completed in a week, that
 * remained on a day. By id.
 *
 * @throws AppError `not-found` | `access.denied` | `validation.failed` (period, cursor)
 */
export async function listFigureTasks(ctx: Ctx, input: z.output<typeof listFigureTasksInput>): Promise<FigureTasks> {
  const scope = await accessScope(ctx, input.scope);
  const period = await periodOf(ctx, { ...input, granularity: "month" }, scope);
  const after = input.cursor === undefined || input.cursor === "" ? null : input.cursor;
  if (after !== null && !z.uuid().safeParse(after).success) throw invalid("cursor", "is not of this list");
  const isMoment = input.of === "standing" || input.of === "overdue";
  const end = isMoment ? endOf(period) : period.instants.at(-1);
  const values = [
    ...scopeValues(scope),
    ...[isMoment ? end : period.instants[0], end],
    ...[input.categories ?? null, input.statusIds ?? null],
    ...[input.assigneeId ?? null, ctx.actor.userId, scope.openProjectIds],
    ...[input.minCycleMinutes ?? null, after, period.timeZone, input.limit + 1],
  ];
  const rows = await readSql(ctx, (sql) => sql.query<FigureTasks["items"][number]>(statements[input.of], values));
  const items = rows.slice(0, input.limit);
  return { items, nextCursor: rows.length > input.limit ? (items.at(-1)?.taskId ?? null) : null };
}
