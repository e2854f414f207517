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

/**
 * Ranks between two others (null: no bound), evenly spread and in order.
 *
 * @param longest the length that no rank may exceed
 * @returns null when there is no room for them
 */
export function ranksBetween(
  after: string | null,
  before: string | null,
  count: number,
  longest = longestRank,
): string[] | null {
  if (after !== null && before !== null && after >= before) return null;
  const ranks = generateNKeysBetween(after, before, count);
  return ranks.some((rank) => rank.length > longest) ? null : ranks;
}
