import type { EChartsCoreOption } from "echarts/core";

export const font = "Inter, 'Segoe UI', Roboto, 'Helvetica Neue', 'DejaVu Sans', Arial, sans-serif";
const ink = "#1f2937";
const faint = "#4b5563";
const rule = "#e5e7eb";

/** Told apart also by people who see few colours (Okabe & Ito 2008, darkened where they stand on white). */
export const colors = {
  blue: "#0072b2",
  green: "#00875f",
  orange: "#d55e00",
  yellow: "#e69f00",
  sky: "#56b4e9",
  pink: "#b8578f",
  grey: "#9ca3af",
  dark: "#374151",
} as const;

export interface Frame {
  readonly title: string;
  readonly subtitle: string;
  /** Nothing to show: says so in the middle. */
  readonly isEmpty: boolean;
  readonly legend?: readonly string[];
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** `2026-03-06` → `6 Mar`, or `6 Mar 2026` where a picture shows more than one year. */
export function dayLabel(day: string, withYear = false): string {
  const [year = "", month, date] = day.split("-");
  return `${Number(date)} ${months[Number(month) - 1]}${withYear ? ` ${year}` : ""}`;
}

function dayLabels(days: readonly string[]): string[] {
  const withYear = days[0]?.slice(0, 4) !== days.at(-1)?.slice(0, 4);
  return days.map((day) => dayLabel(day, withYear));
}

export const daysLabel = ({ from, to }: { from: string; to: string }): string =>
  `${dayLabel(from, true)} – ${dayLabel(to, true)}`;
export const periodLabel = ({ timeZone, ...days }: { from: string; to: string; timeZone: string }): string =>
  `${daysLabel(days)} · ${timeZone}`;

/** Title, legend, margins, and the words of an empty picture. */
export function framed({ title, subtitle, isEmpty, legend = [] }: Frame, option: EChartsCoreOption): EChartsCoreOption {
  const head = {
    backgroundColor: "#ffffff",
    textStyle: { fontFamily: font, color: ink },
    title: {
      ...{ text: title, subtext: subtitle, left: 24, top: 16, itemGap: 6 },
      textStyle: { fontFamily: font, fontSize: 18, fontWeight: 600, color: ink },
      subtextStyle: { fontFamily: font, fontSize: 12, color: faint },
    },
  };
  if (isEmpty) {
    const style = { text: "Nothing to show for this period", fontFamily: font, fontSize: 15, fill: faint };
    return { ...head, graphic: { type: "text", left: "center", top: "middle", style } };
  }
  return {
    ...head,
    legend: {
      ...{ show: legend.length > 1, data: [...legend], type: "plain", right: 40, top: 20, icon: "roundRect" },
      ...{ itemGap: 26, itemWidth: 14, itemHeight: 8, textStyle: { fontFamily: font, fontSize: 12, color: ink } },
    },
    grid: { left: 24, right: 40, top: 92, bottom: 28, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    ...option,
  };
}

const label = { fontFamily: font, fontSize: 12, color: faint };
const name = { fontFamily: font, fontSize: 12, color: faint };

export const dayAxis = (days: readonly string[], boundaryGap: boolean) => ({
  ...{ type: "category", data: dayLabels(days), boundaryGap },
  axisLabel: { ...label, hideOverlap: true, margin: 12 },
  axisLine: { lineStyle: { color: colors.grey } },
  axisTick: { show: false },
});

/** Values upwards; whole numbers where nothing else makes sense. */
export const valueAxis = (unit: string, minInterval = 0) => ({
  ...{ type: "value", name: unit, nameLocation: "end", nameGap: 14, minInterval, min: 0 },
  nameTextStyle: { ...name, align: "left" },
  axisLabel: label,
  splitLine: { lineStyle: { color: rule } },
});

/** Values to the right, for lying bars. */
export const lyingValueAxis = (unit: string, minInterval = 0) => ({
  ...{ type: "value", name: unit, nameLocation: "middle", nameGap: 30, minInterval, min: 0 },
  nameTextStyle: name,
  axisLabel: { ...label, hideOverlap: true },
  splitLine: { lineStyle: { color: rule } },
});

export const nameAxis = (names: readonly string[]) => ({
  ...{ type: "category", data: names.map(shortened), inverse: true },
  axisLabel: { ...label, color: ink, interval: 0 },
  axisLine: { lineStyle: { color: colors.grey } },
  axisTick: { show: false },
});

const longest = 24;
export const shortened = (text: string): string =>
  [...text].length > longest ? `${[...text].slice(0, longest - 1).join("")}…` : text;

export const line = (name: string, color: string, data: readonly (number | null)[], more: object = {}) => ({
  ...{ type: "line", name, data: [...data], showSymbol: data.length <= 31, symbol: "circle", symbolSize: 5, color },
  ...{ lineStyle: { width: 2.5, color }, ...more },
});

export const bars = (name: string, color: string, data: readonly unknown[], more: object = {}) => ({
  ...{ type: "bar", name, data: [...data], color, barMaxWidth: 36, ...more },
  itemStyle: { borderRadius: 2 },
});

/** Levels across a picture, such as percentiles. */
export const levels = (
  axis: "xAxis" | "yAxis",
  of: readonly { at: number | string; text: string; color: string }[],
  position: "start" | "end" | "insideEndTop" = "end",
) => ({
  ...{ silent: true, symbol: "none" },
  data: of.map(({ at, text, color }) => ({
    ...{ [axis]: at, lineStyle: { color, type: "dashed", width: 1.5 } },
    label: {
      ...{ formatter: text, color, fontFamily: font, fontSize: 11 },
      position,
    },
  })),
});

export const hours = (minutes: number): number => Math.round(minutes / 6) / 10;
const days = (minutes: number): number => Math.round(minutes / 144) / 10;

/** The unit in which such times read well. */
export const durationUnit = (longestMinutes: number) =>
  longestMinutes >= 2 * 1_440 ? { unit: "days", of: days, short: "d" } : { unit: "hours", of: hours, short: "h" };
