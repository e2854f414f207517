import type { EChartsCoreOption } from "echarts/core";
import type { TimeSpent } from "../time-spent.ts";
import { bars, colors, dayAxis, daysLabel, framed, hours, valueAxis } from "./look.ts";

const names = ["Billable", "Not billable"] as const;
const titles = { all: "Time spent", partly: "Time spent, others' in part", own: "Your own time" };

/** Its days are those of each person, wherever they are; so it names no time zone. */
export function timeSpentChart(spent: TimeSpent): EChartsCoreOption {
  const { points, total, holds } = spent;
  const said = (minutes: number) => `${hours(minutes).toLocaleString("en")} h`;
  return framed(
    {
      title: titles[holds],
      subtitle: `${said(total.minutes)}, ${said(total.billableMinutes)} billable · ${daysLabel(spent)}`,
      ...{ isEmpty: total.minutes === 0, legend: names },
    },
    {
      xAxis: dayAxis(
        points.map(({ to }) => to),
        true,
      ),
      yAxis: valueAxis("hours"),
      series: [
        bars(
          names[0],
          colors.blue,
          points.map(({ billableMinutes }) => hours(billableMinutes)),
          { stack: "spent" },
        ),
        bars(
          names[1],
          colors.yellow,
          points.map(({ minutes, billableMinutes }) => hours(minutes - billableMinutes)),
          { stack: "spent" },
        ),
      ],
    },
  );
}
