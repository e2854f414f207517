// Measures ours beside two hand-written twins on this machine; bench/harness/options.ts knows the options.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { contest, type Row } from "./harness/contest.ts";
import { canPin, loadCore, pinSelf } from "./harness/machine.ts";
import { type Options, readOptions, usage } from "./harness/options.ts";
import { comparePair, type PairRow } from "./harness/pair.ts";
import { cellsOf, newReport, pairCellsOf, type Report, render } from "./harness/report.ts";
import { openStack, type Stack } from "./harness/stack.ts";
import { aggregationRows } from "./rows/aggregation.ts";
import { boardRows } from "./rows/boards.ts";
import { cachedRows } from "./rows/cached.ts";
import { cachedSessionRows } from "./rows/cached-sessions.ts";
import { fanOutRows } from "./rows/fan-out.ts";
import { figureRows } from "./rows/figures.ts";
import { fileRows } from "./rows/files.ts";
import { joinRows } from "./rows/joins.ts";
import { mutationRows } from "./rows/mutations.ts";
import { notificationRows } from "./rows/notifications.ts";
import { reconnectRows } from "./rows/reconnects.ts";
import { relayRows } from "./rows/relay.ts";
import { measureStarts } from "./rows/starts.ts";
import { taskListRows } from "./rows/task-lists.ts";
import { timeReportRows } from "./rows/time-reports.ts";

const outputDir = join(".data", "bench");

async function run(options: Options): Promise<boolean> {
  if (!canPin) console.log("taskset or a second core is missing: nothing is pinned, and the figures say less.");
  pinSelf(loadCore);
  const report = newReport(options.rounds, options.sliceMs);
  console.log("Starting PostgreSQL and three servers …");
  const stack = await openStack(outputDir, options);
  const interrupt = () => void stack.close().then(() => process.exit(130));
  process.once("SIGINT", interrupt).once("SIGTERM", interrupt);
  try {
    await fill(report, stack, options);
  } finally {
    await stack.close();
  }
  console.log(`\n${render(report, false)}`);
  mkdirSync(outputDir, { recursive: true });
  writeFileSync(join(outputDir, "results.json"), `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(join(outputDir, "results.md"), render(report, true));
  console.log(`Written to ${join(outputDir, "results.json")} and results.md`);
  return [...report.rows, ...report.pairs].every((row) => row.wrong.length === 0);
}

async function fill(report: Report, stack: Stack, options: Options): Promise<void> {
  const all: Row[] = [mutationRows, boardRows, fanOutRows, joinRows, reconnectRows].flatMap((rows) => rows(options));
  const rows = all.filter((row) => options.only.has(row.group));
  for (const [at, row] of rows.entries()) {
    process.stdout.write(`[${at + 1}/${rows.length}] ${row.title} … `);
    const result = await contest(stack, row, options);
    report.rows.push(result);
    const [, perSecond, , , p99, toNaive, toBest] = cellsOf(result);
    const speed = `${perSecond} per second, p99 ${p99} ms, ${toNaive} of naive, ${toBest} of best`;
    console.log(result.wrong.length === 0 ? speed : `WRONG\n  ${result.wrong.join("\n  ")}`);
  }
  const pairs: PairRow[] = [
    ...[relayRows, fileRows, notificationRows],
    ...[taskListRows, timeReportRows, figureRows, aggregationRows, cachedRows, cachedSessionRows],
  ].flatMap((rows) => rows(options));
  for (const row of pairs.filter(({ group }) => options.only.has(group))) {
    process.stdout.write(`${row.title} … `);
    const result = await comparePair(stack, row, options);
    report.pairs.push(result);
    const [, unit, ours, bare, ratio, delays] = pairCellsOf(result);
    const speed = `${ours} ${unit} a second${bare ? `, alone ${bare}: ${ratio}` : ""}${delays ? `, ${delays} ms` : ""}`;
    console.log(result.wrong.length === 0 ? speed : `WRONG\n  ${result.wrong.join("\n  ")}`);
  }
  if (options.only.has("start")) {
    console.log("Starts and memory …");
    report.starts = await measureStarts(stack, options);
  }
}

let options: Options;
try {
  options = readOptions(process.argv.slice(2));
} catch (error) {
  console.error(`${(error as Error).message}\n${usage}`);
  process.exit(2);
}
process.exitCode = (await run(options)) ? 0 : 1;
