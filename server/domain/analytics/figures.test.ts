import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Freshness } from "../../platform/replicas.ts";
import { burnOf } from "./burn.ts";
import { addDays, addWorkingDays, mondayToFriday, startOfDay, weekdayOf, workingDaysIn } from "./calendar.ts";
import { cumulativeFlowOf } from "./cumulative-flow.ts";
import { cycleTimeOf } from "./cycle-time.ts";
import { balancesOf, type Moved } from "./flow.ts";
import { forecastOf, simulate } from "./forecast.ts";
import { overdueOf } from "./overdue.ts";
import { percentile, percentilesOf } from "./percentile.ts";
import { bucketsOf, type Period } from "./period.ts";
import { throughputOf } from "./throughput.ts";
import { timeSpentOf } from "./time-spent.ts";
import { averageOf } from "./velocity.ts";

/** Friday to Tuesday; it is Monday noon. */
function periodOf(now = "2026-03-09T12:00:00.000Z"): Period {
  const [from, to, timeZone] = ["2026-03-06", "2026-03-10", "UTC"];
  const buckets = bucketsOf(from, to, "day", timeZone);
  const instants = [startOfDay(from, timeZone), ...buckets.map(({ endsAt }) => endsAt)];
  return { ...{ from, to, timeZone, now, buckets, instants }, today: now.slice(0, 10), workingDays: mondayToFriday };
}

const moved: Moved[] = [
  { at: 0, category: "todo", tasks: 4, minutes: 240 },
  { at: 1, category: "todo", tasks: -1, minutes: -60 },
  { at: 1, category: "done", tasks: 1, minutes: 60 },
  { at: 4, category: "cancelled", tasks: 1, minutes: 30 },
];

describe("balances", () => {
  test("are the sums of what moved before", () => {
    const balances = balancesOf(moved, 6);

    expect(balances.map(({ todo }) => todo.tasks)).toEqual([4, 3, 3, 3, 3, 3]);
    expect(balances.map(({ cancelled }) => cancelled.minutes)).toEqual([0, 0, 0, 0, 30, 30]);
  });

  test("of days that have not begun are not told", () => {
    const [period, balances] = [periodOf(), balancesOf(moved, 6)];

    expect(cumulativeFlowOf(balances, period).map(({ categories }) => categories?.todo.tasks)).toEqual([
      3,
      3,
      3,
      3,
      undefined,
    ]);
    expect(overdueOf(balances, period).map(({ overdue }) => overdue?.tasks)).toEqual([3, 3, 3, 3, undefined]);
  });
});

test("a burn-down's ideal line falls on working days only, to nothing at the end", () => {
  const { opening, points } = burnOf(balancesOf(moved, 6), periodOf());

  expect(opening.remaining).toEqual({ tasks: 4, minutes: 240 });
  expect(points.map(({ ideal }) => ideal.tasks)).toEqual([2.67, 2.67, 2.67, 1.33, 0]);
  expect(points.map(({ remaining }) => remaining?.tasks ?? null)).toEqual([3, 3, 3, 3, null]);
  expect(points[3]).toMatchObject({ scope: { tasks: 4 }, completed: { tasks: 1 } }); // the cancelled one is in no scope
});

test("throughput counts buckets from the first one, and averages over what has begun", () => {
  const happened = [
    { what: "completed", at: 1, tasks: 3, minutes: 90 },
    { what: "completed", at: 4, tasks: 1, minutes: 0 },
    { what: "created", at: 2, tasks: 2, minutes: 60 },
  ] as const;

  const { points, averagePerDay } = throughputOf(happened, periodOf());

  expect(points.map(({ completed }) => completed?.tasks ?? null)).toEqual([3, 0, 0, 1, null]);
  expect(points.map(({ created }) => created?.tasks ?? null)).toEqual([0, 2, 0, 0, null]);
  expect(averagePerDay).toBe(1);
});

test("time stands on the days that it was booked for, also to come; its pace is that of the working days so far", () => {
  const days = [
    { on: "2026-03-06", minutes: 60, billableMinutes: 60 },
    { on: "2026-03-08", minutes: 30, billableMinutes: 0 },
    { on: "2026-03-10", minutes: 45, billableMinutes: 15 }, // tomorrow
  ];
  const period = periodOf();
  const weeks = { ...period, buckets: bucketsOf(period.from, period.to, "week", period.timeZone) };

  const { points, total, minutesPerWorkingDay } = timeSpentOf(days, period);

  expect(points.map(({ minutes }) => minutes)).toEqual([60, 0, 30, 0, 45]);
  expect(timeSpentOf(days, weeks).points.map(({ minutes, billableMinutes }) => [minutes, billableMinutes])).toEqual([
    [90, 60],
    [45, 15],
  ]);
  expect([total, minutesPerWorkingDay]).toEqual([{ minutes: 135, billableMinutes: 75 }, 45]); // Friday and Monday
  expect(timeSpentOf([], { ...period, today: "2026-03-01" }).minutesPerWorkingDay).toBeNull();
});

test("cycle time runs from the first start; who never started has none", () => {
  const task = { taskId: "1", key: "A-1", createdAt: "2026-03-05T00:00:00.000Z", completedOn: "2026-03-09" };
  const completedAt = "2026-03-09T10:00:00.000Z";
  const completed = [
    { ...task, completedAt, startedAt: "2026-03-06T10:00:00.000Z", startedOn: "2026-03-06" },
    { ...task, completedAt, startedAt: null, startedOn: null },
  ];

  expect(cycleTimeOf(completed, periodOf())).toMatchObject({
    ...{ completedTasks: 2, neverStarted: 1, cycleMinutes: { p50: 4_320, p95: 4_320 }, cycleWorkingDays: { p85: 2 } },
    leadMinutes: { p50: 6_360 },
  });
});

test("velocity averages closed sprints", () => {
  const sprint = (tasks: number, closedAt: string | null) => ({ closedAt, completed: { tasks, minutes: tasks * 10 } });

  expect(averageOf([sprint(3, "2026-01-01"), sprint(4, "2026-02-01"), sprint(100, null)])).toEqual({
    tasks: 3.5,
    minutes: 35,
  });
  expect(averageOf([sprint(100, null)])).toBeNull();
});

describe("percentiles", () => {
  test("are by nearest rank", () => {
    expect([5, 30, 40, 50, 100].map((percent) => percentile([15, 20, 35, 40, 50], percent))).toEqual([
      15, 20, 20, 35, 50,
    ]);
    expect(percentilesOf([])).toEqual({ p50: null, p70: null, p85: null, p95: null });
  });

  test("are the least value that so many do not exceed", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 1 }), fc.integer({ min: 1, max: 100 }), (values, percent) => {
        const sorted = values.toSorted((a, b) => a - b);
        const found = percentile(sorted, percent) as number;
        const upTo = (value: number) => sorted.filter((other) => other <= value).length * 100;
        expect(upTo(found)).toBeGreaterThanOrEqual(percent * sorted.length);
        const smaller = sorted.filter((value) => value < found);
        if (smaller.length > 0) expect(upTo(smaller.at(-1) as number)).toBeLessThan(percent * sorted.length);
      }),
    );
  });
});

describe("a forecast", () => {
  test("of a steady pace is that pace", () => {
    const taken = simulate(10, [2, 2, 2]);

    expect(new Set(taken)).toEqual(new Set([5]));
    expect(forecastOf(taken, { today: "2026-03-06", workingDays: mondayToFriday }).forecasts).toEqual(
      [50, 70, 85, 95].map((confidence) => ({ confidence, workingDays: 5, on: "2026-03-13" })),
    );
  });

  test("answers the same for the same history, later for more confidence, and near what chance would have", () => {
    const history = [0, 0, 1, 3, 0, 2, 1, 1, 0, 2]; // one a day on average
    const taken = simulate(40, history) as number[];
    const { forecasts, distribution } = forecastOf(taken, { today: "2026-03-06", workingDays: mondayToFriday });

    expect(simulate(40, history)).toEqual(taken);
    expect(percentile(taken, 50)).toBeGreaterThanOrEqual(39);
    expect(percentile(taken, 50)).toBeLessThanOrEqual(42);
    const days = forecasts.map(({ workingDays }) => workingDays);
    expect(days).toEqual(days.toSorted((a, b) => a - b));
    expect(distribution.reduce((sum, { runs }) => sum + runs, 0)).toBe(10_000);
  });

  test("of no progress, or too little, says nothing", () => {
    expect([simulate(1, []), simulate(5, [0, 0]), simulate(100_000, [0, 1])]).toEqual([null, null, null]);
    expect(forecastOf(null, { today: "2026-03-06", workingDays: [] })).toEqual({ forecasts: [], distribution: [] });
  });
});

describe("the calendar", () => {
  test.for([
    ["2026-03-29", "Europe/Berlin", "2026-03-28T23:00:00.000Z"],
    ["2026-03-30", "Europe/Berlin", "2026-03-29T22:00:00.000Z"], // the clocks went forward
    ["2018-11-04", "America/Sao_Paulo", "2018-11-04T03:00:00.000Z"], // a day without midnight
    ["2026-01-01", "Pacific/Kiritimati", "2025-12-31T10:00:00.000Z"],
  ] as const)("%s begins in %s at %s", ([day, timeZone, instant]) => {
    expect(startOfDay(day, timeZone)).toBe(instant);
  });

  test("counts and adds working days as one does by hand", () => {
    const days = fc.integer({ min: 0, max: 400 });
    const week = fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1 });
    fc.assert(
      fc.property(days, days, week, (start, length, workingDays) => {
        const from = addDays("2026-01-01", start);
        const list = Array.from({ length: length + 1 }, (_, at) => addDays(from, at));
        const working = list.filter((day) => workingDays.includes(weekdayOf(day)));
        expect(workingDaysIn(from, list.at(-1) as string, workingDays)).toBe(working.length);
        const after = working.filter((day) => day > from);
        if (after.length > 0) expect(addWorkingDays(from, after.length, workingDays)).toBe(after.at(-1));
      }),
    );
    expect(weekdayOf("2026-03-09")).toBe(1);
    expect(workingDaysIn("2026-03-10", "2026-03-09", mondayToFriday)).toBe(0);
  });

  test("cuts weeks at Mondays and months at their ends", () => {
    const cut = (granularity: "week" | "month") =>
      bucketsOf("2026-02-26", "2026-03-10", granularity, "UTC").map(({ from, to }) => `${from} ${to}`);
    expect(cut("week")).toEqual(["2026-02-26 2026-03-01", "2026-03-02 2026-03-08", "2026-03-09 2026-03-10"]);
    expect(cut("month")).toEqual(["2026-02-26 2026-02-28", "2026-03-01 2026-03-10"]);
  });
});

describe("a replica", () => {
  test("is fresh while it reaches what the primary had written not long ago", () => {
    const freshness = new Freshness();
    expect(freshness.isFresh(0)).toBe(false); // never seen
    expect(freshness.target("0/10", 1_000)).toBe("0/10");
    freshness.reached(true);
    expect([freshness.isFresh(6_000), freshness.isFresh(6_001)]).toEqual([true, false]);
    expect(freshness.target("0/20", 2_000)).toBe("0/20");
    freshness.reached(false);
    expect(freshness.target("0/30", 9_000)).toBe("0/20"); // the old one is still looked for
    freshness.reached(true);
    expect([freshness.isFresh(7_000), freshness.isFresh(9_000)]).toEqual([true, false]); // it was 7 s behind
  });
});
