import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { day } from "../fields.ts";
import { addWorkingDays, weekdayOf } from "./calendar.ts";
import { balancesOf, openCategories, readMoved, sumOf } from "./flow.ts";
import { percentile } from "./percentile.ts";
import { bucketsOf, figureFields, type Period, periodOf, periodShape, periodShown } from "./period.ts";
import { accessScope } from "./scope.ts";
import { readHappened } from "./throughput.ts";

const historyDays = 90;
const runs = 10_000;
const seed = 20_261_125;
/** Whoever is not done by then is not forecast. */
const longestWorkingDays = 1_000;
const confidences = [50, 70, 85, 95] as const;

const { granularity: _, ...fields } = figureFields;
export const forecastInput = z.strictObject({
  ...fields,
  tasks: z.int().min(1).max(100_000).optional().describe("how many are to be done; absent: those that are open now"),
});

export const forecastSchema = z.object({
  ...periodShape,
  tasks: z.int().describe("to be done"),
  historyDays: z.int().describe("working days whose throughput was drawn from"),
  completedTasks: z.int().describe("on those days"),
  runs: z.int(),
  forecasts: z
    .array(z.object({ confidence: z.int().describe("percent"), workingDays: z.int(), on: day }))
    .describe("done on that day or earlier, in so many of 100 runs; empty: nothing can be said"),
  distribution: z
    .array(z.object({ on: day, runs: z.int().describe("that ended on this day") }))
    .describe("by day, the earliest first"),
});
export type Forecast = z.output<typeof forecastSchema>;

/** Mulberry32 (Tommy Ettinger, public domain): a small generator with a seed, so that a forecast can be repeated. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/**
 * How many working days so many tasks take, at random: each day's throughput is drawn, with replacement, from the days
 * of the history (Monte Carlo; Vacanti, When Will It Be Done?, 2018; Magennis 2011). The seed is fixed: the same
 * history answers the same.
 *
 * @param history tasks completed on each working day
 * @returns the days that each run took, ascending; null for none that ended within `longestWorkingDays`
 */
export function simulate(tasks: number, history: readonly number[]): number[] | null {
  if (!history.some((completed) => completed > 0)) return null;
  const random = randomOf(seed);
  const taken: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    let left = tasks;
    let days = 0;
    while (left > 0 && days < longestWorkingDays) {
      left -= history[Math.floor(random() * history.length)] as number;
      days += 1;
    }
    if (left > 0) return null;
    taken.push(days);
  }
  return taken.sort((a, b) => a - b);
}

/** What the runs say; a working day's count ends on that day. */
export function forecastOf(
  taken: readonly number[] | null,
  { today, workingDays }: Pick<Period, "today" | "workingDays">,
): Pick<Forecast, "forecasts" | "distribution"> {
  if (!taken) return { forecasts: [], distribution: [] };
  const dayAfter = (days: number) => addWorkingDays(today, days, workingDays);
  const forecasts = confidences.map((confidence) => {
    const days = percentile(taken, confidence) as number;
    return { confidence, workingDays: days, on: dayAfter(days) };
  });
  const counts = Map.groupBy(taken, (days) => days);
  const distribution = [...counts].map(([days, same]) => ({ on: dayAfter(days), runs: same.length }));
  return { forecasts, distribution };
}

/** @throws AppError `not-found` | `access.denied` | `validation.failed` (period) */
export async function readForecast(ctx: Ctx, input: z.output<typeof forecastInput>): Promise<Forecast> {
  const scope = await accessScope(ctx, input.scope);
  const asked = await periodOf(ctx, { ...input, granularity: "day" }, { ...scope, sprint: null }, historyDays);
  const { buckets, from, to, timeZone, workingDays, now } = asked;
  const past = buckets.filter(({ endsAt }) => endsAt <= now); // today is not over
  const instants = [asked.instants[0] as string, ...past.map(({ endsAt }) => endsAt)];
  // History never ends before it begins: with no day in the past there is nothing to draw from.
  const everything = { ...scope, sprint: null };
  const [happened, moved] = await Promise.all([
    past.length > 0 ? readHappened(ctx, everything, { ...asked, instants }) : [],
    readMoved(ctx, scope, { ...asked, instants: [now], buckets: bucketsOf(to, to, "day", timeZone) }),
  ]);
  const completed = new Map(happened.filter(({ what }) => what === "completed").map(({ at, tasks }) => [at, tasks]));
  const everyDay = workingDays.length === 0;
  // What was done on days off counts for the working day before.
  const history: number[] = [];
  for (const [at, { from: on }] of past.entries()) {
    const tasks = completed.get(at + 1) ?? 0;
    if (everyDay || workingDays.includes(weekdayOf(on))) history.push(tasks);
    else if (history.length > 0) history[history.length - 1] = (history.at(-1) as number) + tasks;
  }
  const open = sumOf(balancesOf(moved, 1)[0] as ReturnType<typeof balancesOf>[number], openCategories).tasks;
  const tasks = input.tasks ?? open;
  return {
    ...periodShown({ ...asked, from, to }),
    tasks,
    historyDays: history.length,
    completedTasks: history.reduce((sum, count) => sum + count, 0),
    runs,
    ...forecastOf(tasks === 0 ? null : simulate(tasks, history), asked),
  };
}
