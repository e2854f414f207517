import type { Ctx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { statusCategories } from "../projects/project.view.ts";
import type { Category } from "./facts.ts";
import type { Period } from "./period.ts";
import { readKept } from "./read-sql.ts";
import { inScope, type Scope, scopeValues } from "./scope.ts";

/** How many tasks, and minutes of their estimates, came into a category (or left it) between two instants. */
export interface Moved {
  /** Of the first instant that sees it. */
  readonly at: number;
  readonly category: Category;
  readonly tasks: number;
  readonly minutes: number;
}

export interface Amount {
  readonly tasks: number;
  readonly minutes: number;
}
export type Balance = Readonly<Record<Category, Amount>>;

/** What stood in each category at each of `count` instants: the sums of all that had moved before. */
export function balancesOf(moved: readonly Moved[], count: number): Balance[] {
  const byInstant = Map.groupBy(moved, ({ at }) => at);
  const sums = Object.fromEntries(statusCategories.map((category) => [category, { tasks: 0, minutes: 0 }])) as Record<
    Category,
    Amount
  >;
  return Array.from({ length: count }, (_, at) => {
    for (const { category, tasks, minutes } of byInstant.get(at) ?? []) {
      const sum = sums[category];
      sums[category] = { tasks: sum.tasks + tasks, minutes: sum.minutes + minutes };
    }
    return { ...sums };
  });
}

export const sumOf = (balance: Balance, categories: readonly Category[]): Amount =>
  categories.reduce(
    (sum, category) => ({
      tasks: sum.tasks + balance[category].tasks,
      minutes: sum.minutes + balance[category].minutes,
    }),
    { tasks: 0, minutes: 0 },
  );

/** Not completed, and not given up. */
export const openCategories: readonly Category[] = ["backlog", "todo", "in_progress"];

/** `$4`: instants in order. `width_bucket` tells how many of them lie at or before a moment, so which is the first after it. */
const moves = `
  select width_bucket(began_at, $4::timestamptz[]) as at, category, 1 as tasks, minutes from standing
  union all
  select width_bucket(ended_at, $4::timestamptz[]), category, -1, -minutes from standing where ended_at is not null`;
const summed = `select at, category, sum(tasks) as tasks, sum(minutes) as minutes from moved
  where at < cardinality($4::timestamptz[]) group by at, category order by at, category`;

const movedStatement = statement(
  "analytics.moved",
  `with standing as (
    select s.category, coalesce(s.estimate_minutes, 0) as minutes, s.began_at, s.ended_at from analytics.spans s
    where ${inScope("s")} and s.ended_at >= ($4::timestamptz[])[1]
    union all
    select t.category, coalesce(t.estimate_minutes, 0), t.began_at, null from analytics.tasks t
    where ${inScope("t")} and t.category is not null
  ), moved as (${moves}) ${summed}`,
);

/** Between the instants of a period, in a scope. */
export async function readMoved(ctx: Ctx, scope: Scope, { instants }: Period): Promise<Moved[]> {
  return readKept(ctx, scope, movedStatement, [...scopeValues(scope), instants]);
}

/*
 * A task is overdue from the end of its due day on, while it is open. Each due day's end is that of the period's time
 * zone, `$5`.
 */
const overdueStatement = statement(
  "analytics.overdue",
  `with due as (
    select s.category, coalesce(s.estimate_minutes, 0) as minutes, s.began_at, s.ended_at,
      (s.due_on + 1)::timestamp at time zone $5 as due_at
    from analytics.spans s
    where ${inScope("s")} and s.ended_at >= ($4::timestamptz[])[1] and s.due_on is not null
      and s.category in ('backlog', 'todo', 'in_progress')
    union all
    select t.category, coalesce(t.estimate_minutes, 0), t.began_at, null, (t.due_on + 1)::timestamp at time zone $5
    from analytics.tasks t
    where ${inScope("t")} and t.due_on is not null and t.category in ('backlog', 'todo', 'in_progress')
  ), standing as (
    select category, minutes, greatest(began_at, due_at) as began_at, ended_at from due
    where ended_at is null or ended_at > due_at
  ), moved as (${moves}) ${summed}`,
);

/** The same of tasks that are overdue. */
export async function readOverdue(ctx: Ctx, scope: Scope, { instants, timeZone }: Period): Promise<Moved[]> {
  return readKept(ctx, scope, overdueStatement, [...scopeValues(scope), instants, timeZone]);
}
