import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { day, instant } from "../fields.ts";
import { readCompleted } from "./cycle-time.ts";
import { type Amount, balancesOf, readMoved } from "./flow.ts";
import { percentilesOf, percentilesShape } from "./percentile.ts";
import { endOf, type FigureInput, hasBegun, periodOf, periodShape, periodShown } from "./period.ts";
import { readSql } from "./read-sql.ts";
import { accessScope, inScope, type Scope, scopeValues } from "./scope.ts";

const mostItems = 2_000;

export const workInProgressSchema = z.object({
  ...periodShape,
  at: instant.describe("the end of the period, or now: then these tasks were in progress"),
  points: z.array(
    z.object({
      from: day,
      to: day,
      inProgress: z.object({ tasks: z.int(), minutes: z.int() }).nullable().describe("at the end"),
    }),
  ),
  ageMinutes: percentilesShape.describe("since the first start of work"),
  cycleMinutes: percentilesShape.describe("of the tasks completed in the period, to compare ages with"),
  items: z
    .array(z.object({ taskId: z.uuid(), key: z.string(), statusId: z.uuid(), startedAt: instant, ageMinutes: z.int() }))
    .describe(`the oldest first, at most ${mostItems}`),
});
export type WorkInProgress = z.output<typeof workInProgressSchema>;

interface Started {
  taskId: string;
  key: string;
  statusId: string;
  startedAt: string;
}

const startedStatement = statement(
  "analytics.in-progress",
  `select x.task_id as "taskId", t.key, x.status_id as "statusId", t.started_at as "startedAt" from (
    select s.project_id, s.task_id, s.status_id from analytics.spans s
    where ${inScope("s")} and s.category = 'in_progress' and s.began_at < $4 and s.ended_at >= $4
    union all
    select o.project_id, o.task_id, o.status_id from analytics.tasks o
    where ${inScope("o")} and o.category = 'in_progress' and o.began_at < $4
  ) x join analytics.tasks t on t.project_id = x.project_id and t.task_id = x.task_id
  order by t.started_at, x.task_id`,
);

const readStarted = (ctx: Ctx, scope: Scope, at: string): Promise<Started[]> =>
  readSql(ctx, (sql) => sql.query<Started>(startedStatement, [...scopeValues(scope), at]));

/**
 * Work that was started and not finished, and its age: the time since it started (Kanban Guide, May 2025: WIP, work
 * item age). An age beyond the 85th percentile of cycle times is worth a look (Vacanti 2015).
 *
 * @throws AppError `not-found` | `access.denied` | `validation.failed` (period)
 */
export async function readWorkInProgress(ctx: Ctx, input: FigureInput): Promise<WorkInProgress> {
  const scope = await accessScope(ctx, input.scope);
  const period = await periodOf(ctx, input, scope);
  const at = endOf(period);
  const [moved, started, completed] = await Promise.all([
    readMoved(ctx, scope, period),
    readStarted(ctx, scope, at),
    readCompleted(ctx, scope, period),
  ]);
  const minutes = (from: string, to: string) => Math.max(0, Math.round((Date.parse(to) - Date.parse(from)) / 60_000));
  const items = started.map((task) => ({ ...task, ageMinutes: minutes(task.startedAt, at) }));
  const balances = balancesOf(moved, period.instants.length);
  return {
    ...periodShown(period),
    at,
    points: period.buckets.map((bucket, index) => ({
      from: bucket.from,
      to: bucket.to,
      inProgress: hasBegun(bucket, period) ? (balances[index + 1]?.in_progress as Amount) : null,
    })),
    ageMinutes: percentilesOf(items.map(({ ageMinutes }) => ageMinutes)),
    cycleMinutes: percentilesOf(
      completed.flatMap(({ startedAt, completedAt }) => (startedAt ? minutes(startedAt, completedAt) : [])),
    ),
    items: items.slice(0, mostItems),
  };
}
