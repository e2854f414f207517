import type { EChartsCoreOption } from "echarts/core";
import type { CycleTime } from "../cycle-time.ts";
import type { TimeInStatus } from "../time-in-status.ts";
import type { WorkInProgress } from "../work-in-progress.ts";
import type { Workload } from "../workload.ts";
import {
  bars,
  colors,
  dayAxis,
  dayLabel,
  durationUnit,
  font,
  framed,
  hours,
  levels,
  lyingValueAxis,
  nameAxis,
  periodLabel,
  valueAxis,
} from "./look.ts";
import type { Measure } from "./time-charts.ts";

/** Bars that a picture has room for. */
const mostBars = 20;

export function cycleTimeChart(cycle: CycleTime): EChartsCoreOption {
  const known = cycle.items.flatMap(({ completedAt, cycleMinutes }) =>
    cycleMinutes === null ? [] : [{ completedAt, cycleMinutes }],
  );
  const { unit, of, short } = durationUnit(cycle.cycleMinutes.p95 ?? 0);
  const marks = (
    [
      ["50 %", cycle.cycleMinutes.p50, colors.green],
      ["85 %", cycle.cycleMinutes.p85, colors.orange],
      ["95 %", cycle.cycleMinutes.p95, colors.dark],
    ] as const
  ).flatMap(([name, minutes, color]) =>
    minutes === null ? [] : [{ at: of(minutes), text: `${name} within ${of(minutes)} ${short}`, color }],
  );
  return framed(
    {
      title: "Cycle time",
      subtitle: `${cycle.completedTasks} tasks completed · ${periodLabel(cycle)}`,
      isEmpty: known.length === 0,
    },
    {
      xAxis: {
        ...{ ...dayAxis([], false), type: "time", data: undefined },
        ...{ min: `${cycle.from}T00:00:00Z`, max: `${cycle.to}T23:59:59Z`, splitLine: { show: false } },
        axisLabel: {
          ...{ fontFamily: font, fontSize: 12, color: "#4b5563", hideOverlap: true, margin: 12 },
          formatter: (at: number) => dayLabel(new Date(at).toISOString().slice(0, 10)),
        },
      },
      yAxis: valueAxis(unit),
      series: [
        {
          ...{ type: "scatter", name: "Completed", symbolSize: known.length > 300 ? 5 : 8 },
          data: known.map(({ completedAt, cycleMinutes }) => [completedAt, of(cycleMinutes)]),
          itemStyle: { color: colors.blue, opacity: 0.55 },
          markLine: levels("yAxis", marks, "insideEndTop"),
        },
      ],
    },
  );
}

export function timeInStatusChart(times: TimeInStatus): EChartsCoreOption {
  const { statuses } = times;
  const names = ["Average", "85th percentile"] as const;
  const { unit, of } = durationUnit(Math.max(0, ...statuses.map(({ p85Minutes }) => p85Minutes)));
  return framed(
    { ...{ title: "Time in status", subtitle: periodLabel(times), legend: names }, isEmpty: statuses.length === 0 },
    {
      grid: { left: 44, right: 40, top: 80, bottom: 48, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
      yAxis: nameAxis(statuses.map(({ name }) => name)),
      xAxis: lyingValueAxis(`${unit} per completed task`),
      series: [
        bars(
          names[0],
          colors.blue,
          statuses.map(({ averageMinutes }) => of(averageMinutes)),
        ),
        bars(
          names[1],
          colors.sky,
          statuses.map(({ p85Minutes }) => of(p85Minutes)),
        ),
      ],
    },
  );
}

export function workInProgressChart(work: WorkInProgress): EChartsCoreOption {
  const oldest = work.items.slice(0, mostBars);
  const { unit, of, short } = durationUnit(oldest[0]?.ageMinutes ?? 0);
  const { p50, p85 } = work.cycleMinutes;
  const marks = (
    [
      ["50 %", p50, colors.green],
      ["85 %", p85, colors.orange],
    ] as const
  ).flatMap(([name, minutes, color]) =>
    minutes === null ? [] : [{ at: of(minutes), text: `${name}: ${of(minutes)} ${short}`, color }],
  );
  const total = work.points.findLast(({ inProgress }) => inProgress)?.inProgress?.tasks ?? oldest.length;
  const cut =
    total > oldest.length ? `the ${oldest.length} oldest of ${total} tasks in progress` : `${total} tasks in progress`;
  return framed(
    {
      title: "Age of work in progress",
      subtitle: `${cut}${marks.length > 0 ? ", beside how long completed ones took" : ""} · ${dayLabel(work.to, true)}`,
      isEmpty: oldest.length === 0,
    },
    {
      grid: { left: 44, right: 40, top: 100, bottom: 48, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
      yAxis: nameAxis(oldest.map(({ key }) => key)),
      xAxis: lyingValueAxis(`${unit} since work began`),
      series: [
        bars(
          "Age",
          colors.sky,
          oldest.map(({ ageMinutes }) => ({
            value: of(ageMinutes),
            // What took longer than most is worth a look.
            itemStyle: { color: p85 !== null && ageMinutes > p85 ? colors.yellow : colors.sky, borderRadius: 2 },
          })),
          {
            ...{ barMaxWidth: 18, markLine: levels("xAxis", marks, "start") },
          },
        ),
      ],
    },
  );
}

/** @param names of people by their ids */
export function workloadChart(load: Workload, by: Measure, names: ReadonlyMap<string, string>): EChartsCoreOption {
  const people = load.people.slice(0, mostBars);
  const series = ["In progress", "Not begun"] as const;
  const labels = people.map(({ userId }) => (userId ? (names.get(userId) ?? "Somebody") : "Nobody"));
  return framed(
    {
      title: "Workload",
      subtitle: `${load.total.tasks} open tasks, ${hours(load.total.minutes)} hours estimated · ${dayLabel(load.on, true)}`,
      isEmpty: people.length === 0,
      legend: by === "tasks" ? series : [],
    },
    {
      grid: { left: 44, right: 40, top: 80, bottom: 48, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
      yAxis: nameAxis(labels),
      xAxis: by === "tasks" ? lyingValueAxis("open tasks", 1) : lyingValueAxis("hours estimated"),
      series:
        by === "tasks"
          ? [
              bars(
                series[0],
                colors.blue,
                people.map((person) => person.inProgressTasks),
                { stack: "load", barMaxWidth: 22 },
              ),
              bars(
                series[1],
                colors.sky,
                people.map((person) => person.tasks - person.inProgressTasks),
                { stack: "load" },
              ),
            ]
          : [
              bars(
                "Estimated",
                colors.blue,
                people.map(({ minutes }) => hours(minutes)),
                { barMaxWidth: 22 },
              ),
            ],
    },
  );
}
