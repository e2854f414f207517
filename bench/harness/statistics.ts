/** The value below which a share of the sorted values lies, by linear interpolation; NaN for none. */
function quantile(sorted: ArrayLike<number>, share: number): number {
  if (sorted.length === 0) return Number.NaN;
  const at = (sorted.length - 1) * share;
  const below = sorted[Math.floor(at)] as number;
  const above = sorted[Math.ceil(at)] as number;
  return below + (above - below) * (at - Math.floor(at));
}

const sort = (values: readonly number[]) => Float64Array.from(values).sort();

export const median = (values: readonly number[]): number => quantile(sort(values), 0.5);

export interface Percentiles {
  p50: number;
  p95: number;
  p99: number;
}

export function percentiles(values: readonly number[]): Percentiles {
  const sorted = sort(values);
  return { p50: quantile(sorted, 0.5), p95: quantile(sorted, 0.95), p99: quantile(sorted, 0.99) };
}

/** A median with the middle half of the values around it. */
export interface Middle {
  low: number;
  median: number;
  high: number;
}

export function middle(values: readonly number[]): Middle {
  const sorted = sort(values.filter(Number.isFinite));
  return { low: quantile(sorted, 0.25), median: quantile(sorted, 0.5), high: quantile(sorted, 0.75) };
}
