import type { EChartsCoreOption } from "echarts/core";
import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { statusCategories } from "../projects/project.view.ts";
import { readBurn } from "./burn.ts";
import {
  burnDownChart,
  burnUpChart,
  cumulativeFlowChart,
  forecastChart,
  type Measure,
  overdueChart,
  throughputChart,
  velocityChart,
} from "./charts/time-charts.ts";
import { timeSpentChart } from "./charts/time-spent-chart.ts";
import { cycleTimeChart, timeInStatusChart, workInProgressChart, workloadChart } from "./charts/work-charts.ts";
import { readCumulativeFlow } from "./cumulative-flow.ts";
import { readCycleTime } from "./cycle-time.ts";
import { forecastInput, readForecast } from "./forecast.ts";
import { readOverdueTasks } from "./overdue.ts";
import { figureInput } from "./period.ts";
import type { Table } from "./table.ts";
import { readThroughput } from "./throughput.ts";
import { readTimeInStatus } from "./time-in-status.ts";
import { readTimeSpent } from "./time-spent.ts";
import { readVelocity, velocityInput } from "./velocity.ts";
import { readWorkInProgress } from "./work-in-progress.ts";
import { readWorkload, type Workload, workloadInput } from "./workload.ts";

/** A figure once it was read: as a picture's description, and as a table. */
export interface Drawn {
  chart(by: Measure): EChartsCoreOption;
  table(): Table;
}

export interface Figure {
  /** Of the procedure; `analytics.<procedure>`. */
  readonly procedure: string;
  /** What a token must be good for, as for the procedure. */
  readonly scope: string;
  readonly input: z.ZodObject;
  /** Passes the same door as the procedure. */
  draw(ctx: Ctx, input: unknown): Promise<Drawn>;
}

function figure<Shape extends z.ZodRawShape, Result>(
  procedure: string,
  input: z.ZodObject<Shape>,
  read: (ctx: Ctx, input: z.output<z.ZodObject<Shape>>) => Promise<Result>,
  show: { chart: (result: Result, by: Measure) => EChartsCoreOption; table: (result: Result) => Table },
  scope = "analytics.read",
): Figure {
  return {
    procedure,
    scope,
    input: input as unknown as z.ZodObject,
    async draw(ctx, given) {
      const result = await read(ctx, given as z.output<z.ZodObject<Shape>>);
      return { chart: (by) => show.chart(result, by), table: () => show.table(result) };
    },
  };
}

const amounts = (...names: string[]) => names.flatMap((name) => [`${name} tasks`, `${name} minutes`]);
const cells = (amount: { tasks: number; minutes: number } | null) => [amount?.tasks ?? null, amount?.minutes ?? null];

const namesStatement = statement(
  "analytics.names",
  "select u.id, u.name from auth.users u where u.id = any($1::uuid[])",
);

/** With the names of the people in it, whom the caller may see. */
async function readNamedWorkload(ctx: Ctx, input: z.output<typeof workloadInput>) {
  const load = await readWorkload(ctx, input);
  const ids = load.people.flatMap(({ userId }) => userId ?? []);
  const people = await ctx.sql.query<{ id: string; name: string }>(namesStatement, [ids]);
  return { load, names: new Map(people.map(({ id, name }) => [id, name])) };
}
const nameOf = (names: ReadonlyMap<string, string>, { userId }: Workload["people"][number]) =>
  userId ? (names.get(userId) ?? userId) : "";

/** Every figure that has a picture, by the last part of its address. */
export const figures: ReadonlyMap<string, Figure> = new Map(
  Object.entries({
    "burn-down": figure("burnDown", figureInput, readBurn, {
      chart: burnDownChart,
      table: ({ points }) => ({
        columns: ["From", "To", ...amounts("Remaining", "Ideal", "Scope")],
        rows: points.map((point) => [
          ...[point.from, point.to, ...cells(point.remaining), ...cells(point.ideal), ...cells(point.scope)],
        ]),
      }),
    }),
    "burn-up": figure("burnUp", figureInput, readBurn, {
      chart: burnUpChart,
      table: ({ points }) => ({
        columns: ["From", "To", ...amounts("Completed", "Scope")],
        rows: points.map(({ from, to, completed, scope }) => [from, to, ...cells(completed), ...cells(scope)]),
      }),
    }),
    "cumulative-flow": figure("cumulativeFlow", figureInput, readCumulativeFlow, {
      chart: cumulativeFlowChart,
      table: ({ points }) => ({
        columns: ["From", "To", ...amounts("Backlog", "To do", "In progress", "Done", "Cancelled")],
        rows: points.map(({ from, to, categories }) => [
          ...[from, to, ...statusCategories.flatMap((category) => cells(categories?.[category] ?? null))],
        ]),
      }),
    }),
    velocity: figure("velocity", velocityInput, readVelocity, {
      chart: velocityChart,
      table: ({ sprints }) => ({
        columns: ["Sprint", "Starts on", "Ends on", "Started at", "Closed at", ...amounts("Committed", "Completed")],
        rows: sprints.map((sprint) => [
          ...[sprint.name, sprint.startsOn, sprint.endsOn, sprint.startedAt, sprint.closedAt],
          ...[...cells(sprint.committed), ...cells(sprint.completed)],
        ]),
      }),
    }),
    throughput: figure("throughput", figureInput, readThroughput, {
      chart: throughputChart,
      table: ({ points }) => ({
        columns: ["From", "To", ...amounts("Completed", "Created")],
        rows: points.map(({ from, to, completed, created }) => [from, to, ...cells(completed), ...cells(created)]),
      }),
    }),
    "cycle-time": figure("cycleTime", figureInput, readCycleTime, {
      chart: cycleTimeChart,
      table: ({ items }) => ({
        columns: ["Task", "Completed at", "Cycle minutes", "Cycle working days", "Lead minutes"],
        rows: items.map((item) => [
          ...[item.key, item.completedAt, item.cycleMinutes, item.cycleWorkingDays, item.leadMinutes],
        ]),
      }),
    }),
    "time-in-status": figure("timeInStatus", figureInput, readTimeInStatus, {
      chart: timeInStatusChart,
      table: ({ statuses }) => ({
        columns: ["Status", "Category", "Tasks", "Total minutes", "Average minutes", "50 % minutes", "85 % minutes"],
        rows: statuses.map((status) => [
          ...[status.name, status.category, status.tasks, status.totalMinutes, status.averageMinutes],
          ...[status.p50Minutes, status.p85Minutes],
        ]),
      }),
    }),
    "work-in-progress": figure("workInProgress", figureInput, readWorkInProgress, {
      chart: workInProgressChart,
      table: ({ items }) => ({
        columns: ["Task", "Started at", "Age minutes"],
        rows: items.map(({ key, startedAt, ageMinutes }) => [key, startedAt, ageMinutes]),
      }),
    }),
    workload: figure("workload", workloadInput, readNamedWorkload, {
      chart: ({ load, names }, by) => workloadChart(load, by, names),
      table: ({ load, names }) => ({
        columns: ["Person", "Open tasks", "Minutes estimated", "Not estimated", "In progress", "Overdue"],
        rows: load.people.map((person) => [
          ...[nameOf(names, person), person.tasks, person.minutes],
          ...[person.unestimatedTasks, person.inProgressTasks, person.overdueTasks],
        ]),
      }),
    }),
    overdue: figure("overdue", figureInput, readOverdueTasks, {
      chart: overdueChart,
      table: ({ points }) => ({
        columns: ["From", "To", ...amounts("Overdue")],
        rows: points.map((point) => [point.from, point.to, ...cells(point.overdue)]),
      }),
    }),
    forecast: figure("forecast", forecastInput, readForecast, {
      chart: forecastChart,
      table: ({ distribution, runs }) => ({
        columns: ["Done on", "Runs", "Of runs"],
        rows: distribution.map((day) => [day.on, day.runs, runs]),
      }),
    }),
    "time-spent": figure(
      "timeSpent",
      figureInput,
      readTimeSpent,
      {
        chart: timeSpentChart,
        table: ({ points }) => ({
          columns: ["From", "To", "Minutes", "Billable minutes", "Not billable minutes"],
          rows: points.map(({ from, to, minutes, billableMinutes }) => [
            ...[from, to, minutes, billableMinutes, minutes - billableMinutes],
          ]),
        }),
      },
      "time.read-own",
    ),
  }),
);

/** What a picture can be asked for besides its figure. */
export const pictureFields = {
  by: z.enum(["tasks", "minutes"]).default("tasks"),
  width: z.int().min(320).max(2_400).default(960),
  height: z.int().min(200).max(1_600).default(480),
};
