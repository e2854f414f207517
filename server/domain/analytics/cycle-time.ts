import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { instant } from "../fields.ts";
import { workingDaysIn } from "./calendar.ts";
import { percentilesOf, percentilesShape } from "./percentile.ts";
import { type FigureInput, type Period, periodOf, periodShape, periodShown } from "./period.ts";
import { readKept } from "./read-sql.ts";
import { accessScope, inScope, type Scope, scopeValues } from "./scope.ts";

/** Single tasks in an answer; percentiles are of all. */
const mostItems = 2_000;

export const cycleTimeSchema = z.object({
  ...periodShape,
  completedTasks: z.int(),
  neverStarted: z.int().describe("went to a done status past all that are in progress: they have no cycle time"),
  cycleMinutes: percentilesShape.describe("from the first start of work to the completion; elapsed time"),
  cycleWorkingDays: percentilesShape.describe("working days of that time, those of start and end included"),
  leadMinutes: percentilesShape.describe("from the creation to the completion"),
  items: z
    .array(
      z.object({
        taskId: z.uuid(),
        key: z.string(),
        completedAt: instant,
        cycleMinutes: z.int().nullable(),
        cycleWorkingDays: z.int().nullable(),
        leadMinutes: z.int(),
      }),
    )
    .describe(`the latest ${mostItems} completed tasks, the last one first`),
});
export type CycleTime = z.output<typeof cycleTimeSchema>;

export interface Completed {
  readonly taskId: string;
  readonly key: string;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly completedAt: string;
  /** Days of the period's time zone. */
  readonly startedOn: string | null;
  readonly completedOn: string;
}

const completedStatement = statement(
  "analytics.completed",
  `select t.task_id as "taskId", t.key, t.created_at as "createdAt", t.started_at as "startedAt", t.completed_at as "completedAt",
    (t.started_at at time zone $6)::date as "startedOn", (t.completed_at at time zone $6)::date as "completedOn"
  from analytics.tasks t where ${inScope("t")} and not t.is_deleted and t.completed_at >= $4 and t.completed_at < $5
  order by t.completed_at desc, t.task_id`,
);

/** Tasks completed in a period, the last one first. */
export const readCompleted = (ctx: Ctx, scope: Scope, { instants, timeZone }: Period): Promise<Completed[]> =>
  readKept(ctx, scope, completedStatement, [...scopeValues(scope), instants[0], instants.at(-1), timeZone]);

/** Whole minutes, at least 0: imported tasks may be younger than their work. */
const minutesBetween = (from: string, to: string) =>
  Math.max(0, Math.round((Date.parse(to) - Date.parse(from)) / 60_000));

/**
 * How long work took: cycle time from the first start to the last completion, lead time from the creation (Kanban
 * Guide, May 2025; Vacanti 2015: of days, start and end both count). Percentiles are by nearest rank.
 */
export function cycleTimeOf(
  completed: readonly Completed[],
  { workingDays }: Pick<Period, "workingDays">,
): Omit<CycleTime, keyof typeof periodShape> {
  const items = completed.map(({ taskId, key, createdAt, startedAt, completedAt, startedOn, completedOn }) => ({
    ...{ taskId, key, completedAt },
    cycleMinutes: startedAt && minutesBetween(startedAt, completedAt),
    cycleWorkingDays: startedOn && workingDaysIn(startedOn, completedOn, workingDays),
    leadMinutes: minutesBetween(createdAt, completedAt),
  })) as CycleTime["items"];
  const known = (values: readonly (number | null)[]) => percentilesOf(values.filter((value) => value !== null));
  return {
    completedTasks: items.length,
    neverStarted: items.filter(({ cycleMinutes }) => cycleMinutes === null).length,
    cycleMinutes: known(items.map((item) => item.cycleMinutes)),
    cycleWorkingDays: known(items.map((item) => item.cycleWorkingDays)),
    leadMinutes: percentilesOf(items.map(({ leadMinutes }) => leadMinutes)),
    items: items.slice(0, mostItems),
  };
}

/** @throws AppError `not-found` | `access.denied` | `validation.failed` (period) */
export async function readCycleTime(ctx: Ctx, input: FigureInput): Promise<CycleTime> {
  const scope = await accessScope(ctx, input.scope);
  const period = await periodOf(ctx, input, scope);
  return { ...periodShown(period), ...cycleTimeOf(await readCompleted(ctx, scope, period), period) };
}
