import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { day } from "../fields.ts";
import { workingDaysIn } from "./calendar.ts";
import { earlier, type FigureInput, type Period, periodOf, periodShape, periodShown } from "./period.ts";
import { readKept } from "./read-sql.ts";
import { accessTimeScope, heldTime, ofTime, readable, timeProjections, timeValues } from "./time-scope.ts";

const spent = { minutes: z.int(), billableMinutes: z.int().describe("of them") };

export const timeSpentSchema = z.object({
  ...periodShape,
  holds: heldTime,
  points: z.array(z.object({ from: day, to: day, ...spent })),
  total: z.object(spent),
  minutesPerWorkingDay: z
    .number()
    .nullable()
    .describe("up to today, over the working days that have begun; null: none has"),
  estimated: z
    .object({ tasks: z.int(), estimateMinutes: z.int(), actualMinutes: z.int() })
    .describe("of this time's tasks those with an estimate, and all time on them until `to` that the caller may read"),
  people: z.array(z.object({ userId: z.uuid(), ...spent })).describe("who spent most comes first"),
  projects: z.array(z.object({ projectId: z.uuid(), ...spent })).describe("the same by project"),
});
export type TimeSpent = z.output<typeof timeSpentSchema>;

/** All of a figure's time, gathered in several ways. */
export interface Spent {
  readonly days: readonly { readonly on: string; readonly minutes: number; readonly billableMinutes: number }[];
  readonly people: TimeSpent["people"];
  readonly projects: TimeSpent["projects"];
  readonly estimated: TimeSpent["estimated"];
}

const sums = `sum(b.minutes) as minutes, sum(b.billable) as "billableMinutes"`;
const gathered = (key: string, name: string, order: string) =>
  `coalesce((select json_agg(g) from (select b.${key} as "${name}", ${sums} from booked b group by b.${key} order by ${order}) g), '[]')`;

const spentStatement = statement(
  "analytics.time-spent",
  `with booked as materialized (
    select te.spent_on, te.user_id, te.project_id, te.task_id, sum(te.minutes)::int8 as minutes,
      coalesce(sum(te.minutes) filter (where te.billable), 0)::int8 as billable
    from analytics.time_entries te where ${ofTime} group by 1, 2, 3, 4
  ), estimated as (
    select t.project_id, t.task_id, t.estimate_minutes from (select distinct b.project_id, b.task_id from booked b) b
    join analytics.tasks t on t.project_id = b.project_id and t.task_id = b.task_id
    where t.estimate_minutes is not null
  )
  select ${gathered("spent_on", "on", "1")} as days, ${gathered("user_id", "userId", "2 desc, 1")} as people,
    ${gathered("project_id", "projectId", "2 desc, 1")} as projects,
    (select json_build_object('tasks', count(*), 'estimateMinutes', coalesce(sum(e.estimate_minutes), 0), 'actualMinutes', (
      select coalesce(sum(te.minutes), 0) from estimated e
      join analytics.time_entries te on te.project_id = e.project_id and te.task_id = e.task_id
      where ${readable} and te.spent_on <= $7)) from estimated e) as estimated`,
);

/**
 * How much time was spent, on the days that it was booked for. Days to come may have time already.
 *
 * @param days of the period, in order
 */
export function timeSpentOf(
  days: Spent["days"],
  { buckets, from, to, today, workingDays }: Pick<Period, "buckets" | "from" | "to" | "today" | "workingDays">,
): Pick<TimeSpent, "points" | "total" | "minutesPerWorkingDay"> {
  let next = 0;
  const points = buckets.map((bucket) => {
    const first = next;
    while ((days[next]?.on ?? "~") <= bucket.to) next += 1;
    return { from: bucket.from, to: bucket.to, ...sumOf(days.slice(first, next)) };
  });
  const begun = sumOf(days.filter(({ on }) => on <= today)).minutes;
  const working = workingDaysIn(from, earlier(to, today), workingDays);
  const minutesPerWorkingDay = working > 0 ? Math.round((begun / working) * 100) / 100 : null;
  return { points, total: sumOf(days), minutesPerWorkingDay };
}

const sumOf = (days: Spent["days"]) => ({
  minutes: days.reduce((sum, { minutes }) => sum + minutes, 0),
  billableMinutes: days.reduce((sum, { billableMinutes }) => sum + billableMinutes, 0),
});

/**
 * The caller's time, and others' where they may read it.
 *
 * @throws AppError `not-found` | `access.denied` | `validation.failed` (period)
 */
export async function readTimeSpent(ctx: Ctx, input: FigureInput): Promise<TimeSpent> {
  const scope = await accessTimeScope(ctx, input.scope);
  const period = await periodOf(ctx, input, scope);
  const values = timeValues(scope, ctx.actor.userId, period);
  const [found] = await readKept<Spent>(ctx, scope, spentStatement, values, timeProjections);
  const { days, people, projects, estimated } = found as Spent;
  return { ...periodShown(period), holds: scope.holds, ...timeSpentOf(days, period), estimated, people, projects };
}
