import { cpus } from "node:os";
import type { StartResult } from "../rows/starts.ts";
import type { RowResult } from "./contest.ts";
import { canPin } from "./machine.ts";
import type { PairResult } from "./pair.ts";
import { type SideName, sideNames } from "./sides.ts";
import type { Middle, Percentiles } from "./statistics.ts";

export interface Report {
  at: string;
  node: string;
  machine: string;
  pinned: boolean;
  rounds: number;
  sliceMs: number;
  rows: RowResult[];
  /** Ours beside the bare thing below it. */
  pairs: PairResult[];
  starts: StartResult | null;
}

export const newReport = (rounds: number, sliceMs: number): Report => ({
  at: new Date().toISOString(),
  node: process.version,
  machine: `${cpus()[0]?.model.trim() ?? "unknown processor"}, ${cpus().length} cores`,
  pinned: canPin,
  rounds,
  sliceMs,
  rows: [],
  pairs: [],
  starts: null,
});

const number = (value: number, digits = 1) =>
  Number.isFinite(value)
    ? value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits })
    : "–";
const ms = (value: number) => number(value, value < 10 ? 2 : value < 100 ? 1 : 0);
const rate = (value: number) => number(value, value < 20 ? 1 : 0);
const range = ({ low, median, high }: Middle) => `${number(median, 2)} (${number(low, 2)}–${number(high, 2)})`;
const each = (row: RowResult, value: (side: RowResult["sides"][SideName]) => string) =>
  sideNames.map((name) => value(row.sides[name])).join(" / ");

const columns = [
  "row",
  "per second",
  "p50 ms",
  "p95 ms",
  "p99 ms",
  "ratio to naive",
  "ratio to best",
  "p99 ratio",
  "server CPU ms/op",
  "database CPU ms/op",
  "load busy %",
  "",
];

/** One line of the table; triples are ours / naive / best. */
export function cellsOf(row: RowResult): string[] {
  const verdict = row.invalid.length > 0 ? `INVALID: ${row.invalid.join("; ")}` : row.missed.join("; ") || "ok";
  if (row.wrong.length > 0) return [row.title, ...columns.slice(2).map(() => "–"), verdict]; // no speed
  return [
    row.title,
    each(row, (side) => number(side.perSecond, 0)),
    each(row, (side) => ms(side.p50)),
    each(row, (side) => ms(side.p95)),
    each(row, (side) => ms(side.p99)),
    range(row.ratios.naive),
    range(row.ratios.best),
    `${number(row.p99Ratios.naive.median, 2)} / ${number(row.p99Ratios.best.median, 2)}`,
    each(row, (side) => number(side.serverCpuMsPerOperation, 2)),
    each(row, (side) => number(side.databaseCpuMsPerOperation, 2)),
    each(row, (side) => number(side.driverShare * 100, 0)),
    verdict,
  ];
}

const pairColumns = [
  ...["row", "unit", "ours a second", "bare a second", "ratio"],
  ...["ours p50 / p95 / p99 ms", "bare p50 / p95 / p99 ms", ""],
];
const delays = (of: Percentiles | null) => (of ? [of.p50, of.p95, of.p99].map(ms).join(" / ") : "");

/** One line of the table of pairs. */
export function pairCellsOf({ wrong, missed, ratio, latencies, bareLatencies, ...row }: PairResult): string[] {
  if (wrong.length > 0) return [row.title, row.unit, "–", "–", "–", "–", "–", "INVALID: not correct"]; // no speed
  return [
    row.title,
    row.unit,
    rate(row.oursPerSecond),
    row.barePerSecond === null ? "" : rate(row.barePerSecond),
    ratio ? range(ratio) : "",
    delays(latencies),
    delays(bareLatencies),
    missed.join("; ") || "ok",
  ];
}

function startCells({ sides, sockets, firstNpmStartMs, nextNpmStartMs, missed }: StartResult): string[][] {
  const triple = (value: (name: SideName) => number) => sideNames.map((name) => number(value(name), 0)).join(" / ");
  return [
    ["server's start to its first answer, ms", triple((name) => sides[name].startMs), ""],
    ["memory idle, MiB", triple((name) => sides[name].idleMib), ""],
    [`memory with ${sockets.toLocaleString("en")} sockets, MiB`, triple((name) => sides[name].socketsMib), ""],
    ["first `npm start` to first answer, ms", number(firstNpmStartMs, 0), missed.join("; ") || "ok"],
    ["next `npm start` to first answer, ms", number(nextNpmStartMs, 0), ""],
  ];
}

const startColumns = ["start and memory", "ours / naive / best", ""];

function table(head: readonly string[], lines: readonly (readonly string[])[], markdown: boolean): string {
  const widths = head.map((_, at) => Math.max(3, ...[head, ...lines].map((line) => (line[at] ?? "").length)));
  const row = (line: readonly string[]) =>
    markdown
      ? `| ${line.join(" | ")} |`
      : line.map((cell, at) => (at === line.length - 1 ? cell : cell.padEnd(widths[at] ?? 0))).join("  ");
  const rule = markdown ? row(head.map(() => "---")) : widths.map((width) => "─".repeat(width)).join("  ");
  return [row(head), rule, ...lines.map(row)].join("\n");
}

/** The report for a terminal, or in Markdown. Rates, times and CPU are ours / naive / best; ratios are ours to the twin's. */
export function render(report: Report, markdown: boolean): string {
  const about =
    `${report.at}, Node ${report.node}, ${report.machine}; ` +
    `${report.pinned ? "servers on one core, load and database on another" : "NOT PINNED: taskset or a second core is missing"}; ` +
    `${report.rounds} rounds of ${report.sliceMs} ms slices. Triples: ours / naive twin / best twin; ratios: median (middle half) of ours to the twin's within a round.`;
  const parts = [about];
  if (report.rows.length > 0) parts.push(table(columns, report.rows.map(cellsOf), markdown));
  if (report.pairs.length > 0) parts.push(table(pairColumns, report.pairs.map(pairCellsOf), markdown));
  if (report.starts) parts.push(table(startColumns, startCells(report.starts), markdown));
  return `${parts.join("\n\n")}\n`;
}
