import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { day } from "../fields.ts";
import { workingDaysIn } from "./calendar.ts";
import { type Amount, type Balance, balancesOf, openCategories, readMoved, sumOf } from "./flow.ts";
import { type FigureInput, hasBegun, type Period, periodOf, periodShape, periodShown } from "./period.ts";
import { accessScope } from "./scope.ts";

const amount = z.object({ tasks: z.int(), minutes: z.int() });
const ideal = z.object({ tasks: z.number(), minutes: z.number() });

export const burnSchema = z.object({
  ...periodShape,
  opening: z.object({ remaining: amount, completed: amount, scope: amount }).describe("as the period began"),
  points: z.array(
    z.object({
      from: day,
      to: day,
      remaining: amount.nullable().describe("open at the end; null: not begun yet"),
      completed: amount.nullable().describe("in a done status at the end"),
      scope: amount.nullable().describe("both together; what was cancelled is not in it"),
      ideal: ideal.describe("what would remain if as much were done on each working day"),
    }),
  ),
});
export type Burn = z.output<typeof burnSchema>;

const parts = (balance: Balance) => ({
  remaining: sumOf(balance, openCategories),
  completed: balance.done,
  scope: sumOf(balance, [...openCategories, "done"]),
});

/**
 * What remains, and what is done, over time: the burn-down and burn-up of a scope, by number of tasks and by their
 * estimates (Schwaber & Beedle 2002, chapter 4). The ideal line falls on working days only, from what remained at the
 * beginning to nothing at the end.
 */
export function burnOf(balances: readonly Balance[], period: Period): Pick<Burn, "opening" | "points"> {
  const opening = parts(balances[0] as Balance);
  const { from, to, workingDays } = period;
  const total = workingDaysIn(from, to, workingDays);
  const left = (of: Amount, until: string) => {
    const share = total === 0 ? 0 : 1 - workingDaysIn(from, until, workingDays) / total;
    return { tasks: round(of.tasks * share), minutes: round(of.minutes * share) };
  };
  const nothing = { remaining: null, completed: null, scope: null };
  const points = period.buckets.map((bucket, at) => ({
    from: bucket.from,
    to: bucket.to,
    ...(hasBegun(bucket, period) ? parts(balances[at + 1] as Balance) : nothing),
    ideal: left(opening.remaining, bucket.to),
  }));
  return { opening, points };
}

const round = (value: number) => Math.round(value * 100) / 100;

/** @throws AppError `not-found` | `access.denied` | `validation.failed` (period) */
export async function readBurn(ctx: Ctx, input: FigureInput): Promise<Burn> {
  const scope = await accessScope(ctx, input.scope);
  const period = await periodOf(ctx, input, scope);
  const moved = await readMoved(ctx, scope, period);
  return { ...periodShown(period), ...burnOf(balancesOf(moved, period.instants.length), period) };
}
