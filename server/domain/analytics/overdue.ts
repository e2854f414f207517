import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { day } from "../fields.ts";
import { type Balance, balancesOf, openCategories, readOverdue, sumOf } from "./flow.ts";
import { earlier, type FigureInput, hasBegun, type Period, periodOf, periodShape, periodShown } from "./period.ts";
import { accessScope } from "./scope.ts";

export const overdueSchema = z.object({
  ...periodShape,
  points: z.array(
    z.object({
      from: day,
      to: day,
      overdue: z.object({ tasks: z.int(), minutes: z.int() }).nullable().describe("at the end; null: not begun yet"),
    }),
  ),
});
export type Overdue = z.output<typeof overdueSchema>;

/** How many open tasks were past their due day at the end of each day; a task is not overdue on its due day itself. */
export const overdueOf = (balances: readonly Balance[], period: Period): Overdue["points"] =>
  period.buckets.map((bucket, at) => ({
    from: bucket.from,
    to: bucket.to,
    overdue: hasBegun(bucket, period) ? sumOf(balances[at + 1] as Balance, openCategories) : null,
  }));

/** @throws AppError `not-found` | `access.denied` | `validation.failed` (period) */
export async function readOverdueTasks(ctx: Ctx, input: FigureInput): Promise<Overdue> {
  const scope = await accessScope(ctx, input.scope);
  const period = await periodOf(ctx, input, scope);
  const moved = await readOverdue(ctx, scope, clipped(period));
  return { ...periodShown(period), points: overdueOf(balancesOf(moved, period.instants.length), period) };
}

/** A day that is not over is looked at as of now: what is due today becomes overdue only when it ends. */
const clipped = (period: Period): Period => ({
  ...period,
  instants: period.instants.map((instant) => earlier(instant, period.now)),
});
