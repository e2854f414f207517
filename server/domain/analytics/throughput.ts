import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { day } from "../fields.ts";
import { type FigureInput, hasBegun, type Period, periodOf, periodShape, periodShown } from "./period.ts";
import { readKept } from "./read-sql.ts";
import { accessScope, inScope, type Scope, scopeValues } from "./scope.ts";

const amount = z.object({ tasks: z.int(), minutes: z.int() });

export const throughputSchema = z.object({
  ...periodShape,
  points: z.array(
    z.object({
      from: day,
      to: day,
      completed: amount.nullable().describe("completed then, and not reopened since; null: not begun yet"),
      created: amount.nullable(),
    }),
  ),
  averagePerDay: z.number().describe("completed tasks a day, over the days that have begun"),
});
export type Throughput = z.output<typeof throughputSchema>;

/** What happened in the bucket `at`, counted from 1; 0 is before the period. */
export interface Happened {
  readonly what: "completed" | "created";
  readonly at: number;
  readonly tasks: number;
  readonly minutes: number;
}

const counted = (
  what: Happened["what"],
) => `select '${what}' as what, width_bucket(t.${what}_at, $4::timestamptz[]) as at,
    count(*) as tasks, coalesce(sum(t.estimate_minutes), 0) as minutes
  from analytics.tasks t where ${inScope("t")} and not t.is_deleted
    and t.${what}_at >= ($4::timestamptz[])[1] and t.${what}_at < ($4::timestamptz[])[cardinality($4::timestamptz[])]
  group by 2`;
const happenedStatement = statement(
  "analytics.happened",
  `${counted("completed")} union all ${counted("created")} order by 1, 2`,
);

/** Completions and creations between the instants of a period. */
export const readHappened = (ctx: Ctx, scope: Scope, { instants }: Period): Promise<Happened[]> =>
  readKept(ctx, scope, happenedStatement, [...scopeValues(scope), instants]);

/**
 * How many tasks are finished per unit of time (Kanban Guide, May 2025: throughput). Each counts once, when it was
 * last completed; what was reopened or is in the trash does not count.
 */
export function throughputOf(
  happened: readonly Happened[],
  period: Period,
): Omit<Throughput, keyof typeof periodShape> {
  const found = new Map(happened.map(({ what, at, tasks, minutes }) => [`${what} ${at}`, { tasks, minutes }]));
  const amountOf = (what: Happened["what"], at: number) => found.get(`${what} ${at}`) ?? { tasks: 0, minutes: 0 };
  const points = period.buckets.map((bucket, at) => ({
    from: bucket.from,
    to: bucket.to,
    completed: hasBegun(bucket, period) ? amountOf("completed", at + 1) : null,
    created: hasBegun(bucket, period) ? amountOf("created", at + 1) : null,
  }));
  const begunMs =
    Math.min(Date.parse(period.now), Date.parse(period.instants.at(-1) as string)) -
    Date.parse(period.instants[0] as string);
  const days = Math.ceil(begunMs / 86_400_000);
  const completed = points.reduce((sum, point) => sum + (point.completed?.tasks ?? 0), 0);
  return { points, averagePerDay: days > 0 ? Math.round((completed / days) * 1000) / 1000 : 0 };
}

/** @throws AppError `not-found` | `access.denied` | `validation.failed` (period) */
export async function readThroughput(ctx: Ctx, input: FigureInput): Promise<Throughput> {
  const scope = await accessScope(ctx, input.scope);
  const period = await periodOf(ctx, input, scope);
  return { ...periodShown(period), ...throughputOf(await readHappened(ctx, scope, period), period) };
}
