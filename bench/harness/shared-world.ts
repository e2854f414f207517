import type { Pair, PairRow } from "./pair.ts";
import type { Stack } from "./stack.ts";

interface World {
  close(): Promise<void>;
}

/** A row of several that are measured in one world, one after the other. */
export interface SharingRow<W extends World> extends Omit<PairRow, "enter"> {
  enter(world: W): Promise<Pair>;
}

/** The first row opens the world, the last one closes it; where a row fails, it is closed with the stack. */
export function sharing<W extends World>(
  open: (stack: Stack) => Promise<W>,
  rows: readonly SharingRow<W>[],
): PairRow[] {
  let world: Promise<W> | undefined;
  let left = rows.length;
  return rows.map((row) => ({
    ...row,
    async enter(stack) {
      world ??= open(stack);
      const opened = await world;
      const pair = await row.enter(opened);
      const close = async () => {
        await pair.close();
        left -= 1;
        if (left === 0) await opened.close();
      };
      return { ...pair, close };
    },
  }));
}
