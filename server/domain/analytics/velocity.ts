import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { day, instant } from "../fields.ts";
import { figureFields } from "./period.ts";
import { readSql } from "./read-sql.ts";
import { accessScope, inScope, scopeValues } from "./scope.ts";

export const velocityInput = z.strictObject({
  scope: figureFields.scope,
  sprints: z.int().min(1).max(50).default(10).describe("the latest so many that were started"),
});

const amount = z.object({ tasks: z.int(), minutes: z.int() });
const sprintVelocity = z.object({
  sprintId: z.uuid(),
  projectId: z.uuid(),
  name: z.string(),
  startsOn: day.nullable(),
  endsOn: day.nullable(),
  startedAt: instant,
  closedAt: instant.nullable().describe("null: still running"),
  committed: amount.describe("in the sprint as it was started"),
  completed: amount.describe("of the sprint and done as it was closed, or now"),
});
export const velocitySchema = z.object({
  sprints: z.array(sprintVelocity).describe("the earliest first"),
  average: z.object({ tasks: z.number(), minutes: z.number() }).nullable().describe("completed, of closed sprints"),
});
export type Velocity = z.output<typeof velocitySchema>;

/** What was in the sprint after an instant: what happened in the same millisecond had led up to it. The row of analytics.tasks is the span that is still open. */
const standing = (at: string, categories: string) => `
  select count(*) as tasks, coalesce(sum(x.minutes), 0) as minutes from (
    select s.estimate_minutes as minutes from analytics.spans s
    where ${inScope("s")} and s.sprint_id = sp.sprint_id and s.category in (${categories}) and s.began_at <= ${at} and s.ended_at > ${at}
    union all
    select t.estimate_minutes from analytics.tasks t
    where ${inScope("t")} and t.sprint_id = sp.sprint_id and t.category in (${categories}) and t.began_at <= ${at}
  ) x`;

const velocityStatement = statement(
  "analytics.velocity",
  `select sp.*, json_build_object('tasks', c.tasks, 'minutes', c.minutes) as committed,
    json_build_object('tasks', d.tasks, 'minutes', d.minutes) as completed
  from (
    select l.sprint_id, l.sprint_id as "sprintId", l.project_id as "projectId", l.name, l.starts_on as "startsOn", l.ends_on as "endsOn",
      l.started_at as "startedAt", l.closed_at as "closedAt"
    from analytics.sprints l
    where l.project_id = any($1::uuid[]) and ($2::uuid is null or l.sprint_id = $2) and l.started_at is not null and not l.is_deleted
    order by l.started_at desc, l.sprint_id limit $4
  ) sp
  cross join lateral (${standing('sp."startedAt"', "'backlog', 'todo', 'in_progress', 'done'")}) c
  cross join lateral (${standing('coalesce(sp."closedAt", $5::timestamptz)', "'done'")}) d
  order by sp."startedAt", sp.sprint_id`,
);

/**
 * How much a sprint began with and how much of it was done at its end, by tasks and by estimates. What was added on the
 * way counts as completed, not as committed.
 *
 * @throws AppError `not-found` | `access.denied`
 */
export async function readVelocity(ctx: Ctx, input: z.output<typeof velocityInput>): Promise<Velocity> {
  const scope = await accessScope(ctx, input.scope);
  const values = [...scopeValues(scope), input.sprints, ctx.now];
  type Row = Velocity["sprints"][number] & { sprint_id: string };
  const rows = await readSql(ctx, (sql) => sql.query<Row>(velocityStatement, values));
  const sprints = rows.map(({ sprint_id: _, ...sprint }) => sprint);
  return { sprints, average: averageOf(sprints) };
}

export function averageOf(sprints: readonly Pick<Velocity["sprints"][number], "closedAt" | "completed">[]) {
  const closed = sprints.filter(({ closedAt }) => closedAt !== null);
  if (closed.length === 0) return null;
  const mean = (of: (sprint: (typeof closed)[number]) => number) =>
    Math.round((closed.reduce((sum, sprint) => sum + of(sprint), 0) / closed.length) * 100) / 100;
  return { tasks: mean(({ completed }) => completed.tasks), minutes: mean(({ completed }) => completed.minutes) };
}
