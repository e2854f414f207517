import type { Group, Options } from "./options.ts";
import type { Stack } from "./stack.ts";
import { type Middle, median, middle, type Percentiles, percentiles } from "./statistics.ts";

/** A piece of work that was done. */
export interface Work {
  /** In the row's unit. */
  readonly amount: number;
  readonly seconds: number;
  /** Milliseconds, where single operations are timed. */
  readonly latencies?: readonly number[];
}

/** Ours in a row beside the bare thing below it, where there is one. */
export interface Pair {
  ours(): Promise<Work>;
  bare?(): Promise<Work>;
  /** What is wrong with what was stored and delivered; empty when all is right. */
  check(): Promise<string[]>;
  close(): Promise<void>;
}

/** A row that tells what our guarantees cost beside doing without them. */
export interface PairRow {
  readonly group: Group;
  readonly title: string;
  readonly unit: string;
  /** Least ratio to the bare thing that is aimed at. */
  readonly target?: number;
  enter(stack: Stack): Promise<Pair>;
}

export interface PairResult {
  group: Group;
  title: string;
  unit: string;
  oursPerSecond: number;
  barePerSecond: number | null;
  /** Ours to bare, taken within each round. */
  ratio: Middle | null;
  latencies: Percentiles | null;
  bareLatencies: Percentiles | null;
  wrong: string[];
  missed: string[];
}

/** The two take turns; the first round warms up and does not count. */
export async function comparePair(stack: Stack, row: PairRow, options: Options): Promise<PairResult> {
  const wrong: string[] = [];
  const [ours, bare]: [Work[], Work[]] = [[], []];
  let pair: Pair | null = null;
  try {
    pair = await row.enter(stack);
    for (let round = 0; round <= options.rounds; round += 1) {
      const own = await pair.ours();
      const other = await pair.bare?.();
      if (round === 0) continue;
      ours.push(own);
      if (other) bare.push(other);
    }
    wrong.push(...(await pair.check()));
  } catch (error) {
    wrong.push(error instanceof Error ? error.message : String(error));
  } finally {
    await pair?.close().catch(() => {});
  }
  const rate = ({ amount, seconds }: Work) => amount / seconds;
  const ratio = bare.length > 0 ? middle(ours.map((work, at) => rate(work) / rate(bare[at] as Work))) : null;
  const delays = (works: readonly Work[]) => {
    const latencies = works.flatMap((work) => work.latencies ?? []);
    return latencies.length > 0 ? percentiles(latencies) : null;
  };
  const missed =
    row.target !== undefined && ratio && ratio.median < row.target
      ? [`${ratio.median.toFixed(2)} of bare, aimed at ≥ ${row.target}`]
      : [];
  return {
    group: row.group,
    title: row.title,
    unit: row.unit,
    oursPerSecond: median(ours.map(rate)),
    barePerSecond: bare.length > 0 ? median(bare.map(rate)) : null,
    ratio,
    latencies: delays(ours),
    bareLatencies: delays(bare),
    wrong,
    missed,
  };
}
