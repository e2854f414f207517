import { z } from "zod";

/**
 * A percentile by nearest rank: the smallest value that at least `percent` of all values do not exceed (Hyndman & Fan
 * 1996, definition 1; PostgreSQL's `percentile_disc`). It is always one of the values, never in between.
 *
 * @param sorted ascending
 * @param percent above 0, up to 100
 * @returns null of no values
 */
export const percentile = (sorted: readonly number[], percent: number): number | null =>
  sorted[Math.max(1, Math.ceil((percent / 100) * sorted.length)) - 1] ?? null;

export const percentilesShape = z.object({
  p50: z.number().nullable(),
  p70: z.number().nullable(),
  p85: z.number().nullable(),
  p95: z.number().nullable(),
});
export type Percentiles = z.output<typeof percentilesShape>;

export function percentilesOf(values: readonly number[]): Percentiles {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (percent: number) => percentile(sorted, percent);
  return { p50: at(50), p70: at(70), p85: at(85), p95: at(95) };
}
