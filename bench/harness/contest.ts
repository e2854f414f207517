import { setTimeout } from "node:timers/promises";
import type { Group, Options } from "./options.ts";
import type { SideName } from "./sides.ts";
import { measure, type Slice } from "./slice.ts";
import type { Side, Stack } from "./stack.ts";
import { type Middle, median, middle, type Percentiles, percentiles } from "./statistics.ts";

/** One side's part in a row. */
export interface Player {
  /** About a second of load. @returns milliseconds of each operation; the time they took, if not all of it */
  play(forMs: number): Promise<{ latencies: number[]; seconds?: number }>;
  /** What is wrong with what was stored and delivered since the row began; empty when all is right. */
  check(): Promise<string[]>;
  close(): Promise<void>;
}

/** A row of the table. */
export interface Row {
  readonly group: Group;
  readonly title: string;
  /** What the ratios compare: operations per second, or how late the last percent was. */
  readonly compares: "rate" | "delay";
  /** Least ratio to each twin that is aimed at (for delays: the highest). */
  readonly target?: Partial<Record<"naive" | "best", number>>;
  /** Highest ratio of the 99th percentiles that is aimed at. */
  readonly p99Target?: number;
  /** A slice of ours, when it is a fixed piece of work, should take no longer. */
  readonly limitSeconds?: number;
  enter(side: Side): Promise<Player>;
}

export interface SideResult extends Percentiles {
  perSecond: number;
  serverCpuMsPerOperation: number;
  databaseCpuMsPerOperation: number;
  driverShare: number;
}

export interface RowResult {
  group: Group;
  title: string;
  compares: Row["compares"];
  sides: Record<SideName, SideResult>;
  /** Ours to the twin's, taken within each round. */
  ratios: Record<"naive" | "best", Middle>;
  p99Ratios: Record<"naive" | "best", Middle>;
  /** Why the row counts for nothing: the load was too busy, or something was wrong. */
  invalid: string[];
  wrong: string[];
  missed: string[];
}

const busiestDriver = 0.7;

/** Load goes round the three sides in slices; the first round warms up and does not count. */
export async function contest(stack: Stack, row: Row, options: Options): Promise<RowResult> {
  const wrong: string[] = [];
  const players = new Map<SideName, Player>();
  const slices: Record<SideName, Slice[]> = { ours: [], naive: [], best: [] };
  try {
    for (const side of stack.sides) players.set(side.name, await row.enter(side));
    for (let round = 0; round <= options.rounds; round += 1) {
      for (let turn = 0; turn < stack.sides.length; turn += 1) {
        const side = stack.sides[(turn + round) % stack.sides.length] as Side; // nobody is always first
        const player = players.get(side.name) as Player;
        const slice = await measure(stack, side, () => player.play(options.sliceMs));
        if (round > 0) slices[side.name].push(slice);
        await setTimeout(30); // what the server does after its last answer is not the next one's
      }
    }
    for (const [name, player] of players) wrong.push(...(await player.check()).map((what) => `${name}: ${what}`));
  } catch (error) {
    wrong.push(error instanceof Error ? error.message : String(error));
  } finally {
    for (const player of players.values()) await player.close().catch(() => {});
  }
  return summarize(row, slices, wrong);
}

function summarize(row: Row, slices: Record<SideName, Slice[]>, wrong: string[]): RowResult {
  const sides = {
    ours: sideResult(slices.ours),
    naive: sideResult(slices.naive),
    best: sideResult(slices.best),
  };
  const p99 = (slice: Slice) => percentiles(slice.latencies).p99;
  const rate = (slice: Slice) => slice.operations / slice.seconds;
  const perRound = (twin: "naive" | "best", value: (slice: Slice) => number) =>
    middle(slices.ours.map((own, at) => value(own) / value(slices[twin][at] as Slice)));
  const p99Ratios = { naive: perRound("naive", p99), best: perRound("best", p99) };
  const ratios =
    row.compares === "delay" ? p99Ratios : { naive: perRound("naive", rate), best: perRound("best", rate) };
  const invalid = Object.entries(sides)
    .filter(([, side]) => side.driverShare > busiestDriver)
    .map(([name, side]) => `the load on ${name} took ${Math.round(side.driverShare * 100)} % of its core`);
  if (wrong.length > 0) invalid.push("not correct");
  return {
    group: row.group,
    title: row.title,
    compares: row.compares,
    sides,
    ratios,
    p99Ratios,
    invalid,
    wrong,
    missed: [...missedTargets(row, ratios, p99Ratios), ...missedLimit(row, slices.ours)],
  };
}

function missedTargets(row: Row, ratios: RowResult["ratios"], p99Ratios: RowResult["p99Ratios"]): string[] {
  const missed: string[] = [];
  for (const twin of ["naive", "best"] as const) {
    const target = row.target?.[twin];
    const got = ratios[twin].median;
    if (target !== undefined && (row.compares === "rate" ? got < target : got > target))
      missed.push(`${got.toFixed(2)} of ${twin}, aimed at ${row.compares === "rate" ? "≥" : "≤"} ${target}`);
    if (row.p99Target !== undefined && p99Ratios[twin].median > row.p99Target)
      missed.push(`p99 ${p99Ratios[twin].median.toFixed(2)} × ${twin}, aimed at ≤ ${row.p99Target}`);
  }
  return missed;
}

function missedLimit({ limitSeconds }: Row, own: readonly Slice[]): string[] {
  const seconds = median(own.map((slice) => slice.seconds));
  return limitSeconds !== undefined && !(seconds < limitSeconds)
    ? [`took ${seconds.toFixed(2)} s, aimed at < ${limitSeconds} s`]
    : [];
}

function sideResult(slices: readonly Slice[]): SideResult {
  return {
    ...percentiles(slices.flatMap((slice) => slice.latencies)),
    perSecond: median(slices.map((slice) => slice.operations / slice.seconds)),
    serverCpuMsPerOperation: median(slices.map((slice) => slice.serverCpuMs / slice.operations)),
    databaseCpuMsPerOperation: median(slices.map((slice) => slice.databaseCpuMs / slice.operations)),
    driverShare: median(slices.map((slice) => slice.driverShare)),
  };
}
