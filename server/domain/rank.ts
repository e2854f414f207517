import { generateJitteredKeyBetween, generateNKeysBetween } from "fractional-indexing-jittered";

/** Longer ranks make room by rewriting their neighbours'. Columns allow 64. */
const longestRank = 48;

/**
 * A rank between two others (null: no bound), compared as bytes. Fractional indexing after David Greenspan,
 * "Implementing Fractional Indexing" (2020), with a random tail, so that two ranks made for the same gap differ.
 *
 * @returns null when there is no room: equal neighbours, or ranks grown too long
 */
export function rankBetween(after: string | null, before: string | null): string | null {
  if (after !== null && before !== null && after >= before) return null;
  const rank = generateJitteredKeyBetween(after, before);
  return rank.length > longestRank ? null : rank;
}

/** Ranks for a whole list, evenly spread. */
export const freshRanks = (count: number): string[] => generateNKeysBetween(null, null, count);
