import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { day } from "../fields.ts";
import { statusCategories } from "../projects/project.view.ts";
import type { Category } from "./facts.ts";
import { type Amount, type Balance, balancesOf, readMoved } from "./flow.ts";
import { type FigureInput, hasBegun, type Period, periodOf, periodShape, periodShown } from "./period.ts";
import { accessScope } from "./scope.ts";

const amount = z.object({ tasks: z.int(), minutes: z.int() });
const byCategory = z.object(
  Object.fromEntries(statusCategories.map((category) => [category, amount])) as Record<Category, typeof amount>,
);

export const cumulativeFlowSchema = z.object({
  ...periodShape,
  points: z.array(
    z.object({ from: day, to: day, categories: byCategory.nullable().describe("at the end; null: not begun yet") }),
  ),
});
export type CumulativeFlow = z.output<typeof cumulativeFlowSchema>;

/**
 * How many tasks stood in each category at the end of each day: read upright, a band is the work in progress; read
 * across, about the time that work takes (Little's law: Little 1961; Vacanti, Actionable Agile Metrics, 2015).
 */
export const cumulativeFlowOf = (balances: readonly Balance[], period: Period): CumulativeFlow["points"] =>
  period.buckets.map((bucket, at) => ({
    from: bucket.from,
    to: bucket.to,
    categories: hasBegun(bucket, period) ? (balances[at + 1] as Record<Category, Amount>) : null,
  }));

/** @throws AppError `not-found` | `access.denied` | `validation.failed` (period) */
export async function readCumulativeFlow(ctx: Ctx, input: FigureInput): Promise<CumulativeFlow> {
  const scope = await accessScope(ctx, input.scope);
  const period = await periodOf(ctx, input, scope);
  const moved = await readMoved(ctx, scope, period);
  return { ...periodShown(period), points: cumulativeFlowOf(balancesOf(moved, period.instants.length), period) };
}
