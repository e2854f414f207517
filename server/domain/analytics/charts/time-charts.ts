import type { EChartsCoreOption } from "echarts/core";
import type { Burn } from "../burn.ts";
import type { CumulativeFlow } from "../cumulative-flow.ts";
import type { Amount } from "../flow.ts";
import type { Forecast } from "../forecast.ts";
import type { Overdue } from "../overdue.ts";
import type { Throughput } from "../throughput.ts";
import type { Velocity } from "../velocity.ts";
import {
  bars,
  colors,
  dayAxis,
  dayLabel,
  framed,
  hours,
  levels,
  line,
  periodLabel,
  shortened,
  valueAxis,
} from "./look.ts";

/** Tasks count; estimates are shown in hours. */
export type Measure = "tasks" | "minutes";

const shown = (amount: Amount | null, by: Measure) => amount && (by === "tasks" ? amount.tasks : hours(amount.minutes));
const unitOf = (by: Measure) => (by === "tasks" ? valueAxis("tasks", 1) : valueAxis("hours estimated"));
const onDays = (points: readonly { to: string }[]) => points.map(({ to }) => to);

export function burnDownChart(burn: Burn, by: Measure): EChartsCoreOption {
  const { points } = burn;
  const names = ["Remaining", "Ideal", "Scope"] as const;
  return framed(
    {
      ...{ title: "Burn-down", subtitle: periodLabel(burn), legend: names },
      isEmpty: !points.some(({ scope }) => scope && scope.tasks > 0),
    },
    {
      xAxis: dayAxis(onDays(points), false),
      yAxis: unitOf(by),
      series: [
        line(
          names[2],
          colors.grey,
          points.map(({ scope }) => shown(scope, by)),
          {
            lineStyle: { width: 1.5, color: colors.grey },
            showSymbol: false,
          },
        ),
        line(
          names[1],
          colors.dark,
          points.map(({ ideal }) => shown(ideal, by)),
          {
            lineStyle: { width: 1.5, type: "dashed", color: colors.dark },
            showSymbol: false,
          },
        ),
        line(
          names[0],
          colors.blue,
          points.map(({ remaining }) => shown(remaining, by)),
          {
            areaStyle: { color: colors.blue, opacity: 0.12 },
          },
        ),
      ],
    },
  );
}

export function burnUpChart(burn: Burn, by: Measure): EChartsCoreOption {
  const { points } = burn;
  const names = ["Completed", "Scope"] as const;
  return framed(
    {
      ...{ title: "Burn-up", subtitle: periodLabel(burn), legend: names },
      isEmpty: !points.some(({ scope }) => scope && scope.tasks > 0),
    },
    {
      xAxis: dayAxis(onDays(points), false),
      yAxis: unitOf(by),
      series: [
        line(
          names[1],
          colors.dark,
          points.map(({ scope }) => shown(scope, by)),
        ),
        line(
          names[0],
          colors.green,
          points.map(({ completed }) => shown(completed, by)),
          {
            areaStyle: { color: colors.green, opacity: 0.15 },
          },
        ),
      ],
    },
  );
}

/** From the bottom up, as work leaves the picture; what was cancelled is in the table only. */
const bands = [
  ["Done", "done", colors.green],
  ["In progress", "in_progress", colors.blue],
  ["To do", "todo", colors.yellow],
  ["Backlog", "backlog", "#c7cdd6"],
] as const;

export function cumulativeFlowChart(flow: CumulativeFlow, by: Measure): EChartsCoreOption {
  const { points } = flow;
  return framed(
    {
      ...{ title: "Cumulative flow", subtitle: periodLabel(flow), legend: bands.map(([name]) => name).reverse() },
      isEmpty: !points.some(({ categories }) =>
        bands.some(([, category]) => categories && categories[category].tasks > 0),
      ),
    },
    {
      xAxis: dayAxis(onDays(points), false),
      yAxis: unitOf(by),
      series: bands.map(([name, category, color]) =>
        line(
          name,
          color,
          points.map(({ categories }) => categories && shown(categories[category], by)),
          {
            ...{ stack: "flow", showSymbol: false, lineStyle: { width: 1, color: "#ffffff" } },
            areaStyle: { color, opacity: 0.9 },
          },
        ),
      ),
    },
  );
}

export function throughputChart(throughput: Throughput, by: Measure): EChartsCoreOption {
  const { points } = throughput;
  const names = ["Completed", "Created"] as const;
  const counted = (amount: Amount | null) => amount && amount.tasks > 0;
  return framed(
    {
      ...{ title: "Throughput", subtitle: periodLabel(throughput), legend: names },
      isEmpty: !points.some(({ completed, created }) => counted(completed) || counted(created)),
    },
    {
      xAxis: dayAxis(onDays(points), true),
      yAxis: unitOf(by),
      series: [
        bars(
          names[0],
          colors.green,
          points.map(({ completed }) => shown(completed, by)),
        ),
        bars(
          names[1],
          colors.yellow,
          points.map(({ created }) => shown(created, by)),
        ),
      ],
    },
  );
}

export function overdueChart(overdue: Overdue, by: Measure): EChartsCoreOption {
  const { points } = overdue;
  return framed(
    {
      ...{ title: "Overdue tasks", subtitle: periodLabel(overdue) },
      isEmpty: !points.some((point) => point.overdue && point.overdue.tasks > 0),
    },
    {
      xAxis: dayAxis(onDays(points), true),
      yAxis: unitOf(by),
      series: [
        bars(
          "Overdue",
          colors.orange,
          points.map((point) => shown(point.overdue, by)),
        ),
      ],
    },
  );
}

/** Few enough sprints have all their names below them. */
const sprintAxis = (sprints: Velocity["sprints"]) => {
  const axis = dayAxis([], true);
  const data = sprints.map(({ name, closedAt }) => `${shortened(name)}${closedAt ? "" : "\n(running)"}`);
  const fitted = { interval: 0, width: Math.floor(800 / Math.max(1, sprints.length)) - 12, overflow: "truncate" };
  return { ...axis, data, axisLabel: { ...axis.axisLabel, ...(sprints.length <= 12 ? fitted : {}) } };
};

export function velocityChart({ sprints, average }: Velocity, by: Measure): EChartsCoreOption {
  const names = ["Committed", "Completed"] as const;
  const mean = average && (by === "tasks" ? average.tasks : hours(average.minutes));
  const marks = mean === null ? [] : [{ at: mean, text: `average\n${mean}`, color: colors.dark }];
  return framed(
    {
      ...{ title: "Velocity", subtitle: `The latest ${sprints.length} sprints`, legend: names },
      isEmpty: sprints.length === 0,
    },
    {
      grid: { left: 24, right: 96, top: 92, bottom: 28, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
      xAxis: sprintAxis(sprints),
      yAxis: unitOf(by),
      series: [
        bars(
          names[0],
          colors.grey,
          sprints.map(({ committed }) => shown(committed, by)),
        ),
        bars(
          names[1],
          colors.blue,
          sprints.map(({ completed }) => shown(completed, by)),
          {
            markLine: levels("yAxis", marks),
          },
        ),
      ],
    },
  );
}

export function forecastChart(forecast: Forecast): EChartsCoreOption {
  const { distribution, forecasts, runs, tasks, historyDays, completedTasks } = forecast;
  const labels = distribution.map(({ on }) => dayLabel(on, true));
  const palette = [colors.green, colors.blue, colors.orange, colors.dark];
  const marks = [...Map.groupBy(forecasts, ({ on }) => on)].map(([on, same], at) => ({
    ...{ at: dayLabel(on, true), color: palette[at] ?? colors.dark },
    text: `${same.map(({ confidence }) => confidence).join("/")} %\n${dayLabel(on)}`,
  }));
  return framed(
    {
      title: `When ${tasks} tasks will be done`,
      subtitle: `${runs.toLocaleString("en")} runs over the throughput of ${historyDays} working days (${completedTasks} tasks completed) · ${forecast.timeZone}`,
      isEmpty: distribution.length === 0,
    },
    {
      grid: { left: 24, right: 48, top: 118, bottom: 40, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
      xAxis: { ...dayAxis([], true), data: labels },
      yAxis: valueAxis("percent of runs"),
      series: [
        bars(
          "Runs",
          colors.sky,
          distribution.map((day) => (day.runs / runs) * 100),
          {
            ...{ barCategoryGap: "10%", markLine: levels("xAxis", marks) },
          },
        ),
      ],
    },
  );
}
