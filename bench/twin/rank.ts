/** The twins keep ranks as 16 hexadecimal digits, so that PostgreSQL can find the middle of two by itself. */
const first = 1n << 60n;
/** Between neighbours of a fresh list, and beyond its ends: room for 32 halvings or more. */
const step = 1n << 40n;

const hex = (rank: bigint) => rank.toString(16).padStart(16, "0");

export const twinRanks = (count: number): string[] =>
  Array.from({ length: count }, (_, at) => hex(first + BigInt(at) * step));

/** A rank between two others (null: no bound); null when there is no room. */
export function twinRankBetween(after: string | null, before: string | null): string | null {
  if (after === null && before === null) return hex(first);
  if (after === null) return hex(BigInt(`0x${before}`) - step);
  if (before === null) return hex(BigInt(`0x${after}`) + step);
  const low = BigInt(`0x${after}`);
  const middle = low + (BigInt(`0x${before}`) - low) / 2n;
  return middle === low ? null : hex(middle);
}
