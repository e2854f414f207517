import type { Change } from "../server/platform/feed.ts";

type Patched = Pick<Change, "patch">;

const maxFrameChanges = 200;
const maxFrameWeight = 256 * 1024;

/** Rough bytes of a change: long texts count, the rest is about alike. */
export function weightOf({ patch }: Patched): number {
  let weight = 400;
  for (const value of Object.values(patch)) weight += typeof value === "string" ? value.length : 20;
  return weight;
}

export const totalWeight = (changes: readonly Patched[]): number =>
  changes.reduce((sum, change) => sum + weightOf(change), 0);

/** Cuts changes into frames of a bounded size, in order. */
export function* framesOf<C extends Patched>(changes: readonly C[]): Iterable<C[]> {
  let frame: C[] = [];
  let weight = 0;
  for (const change of changes) {
    const more = weightOf(change);
    if (frame.length === maxFrameChanges || (frame.length > 0 && weight + more > maxFrameWeight)) {
      yield frame;
      frame = [];
      weight = 0;
    }
    frame.push(change);
    weight += more;
  }
  if (frame.length > 0) yield frame;
}
