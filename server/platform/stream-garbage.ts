import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc") as (options: { type: "minor" }) => void;

const everyBytes = 8 * 1_048_576;
let sinceLast = 0;

/**
 * To be called with the length of every chunk that streams through this process; frees their memory from time to time.
 * V8 sees the small handles of buffers and lets them lie, while tens of megabytes wait behind them.
 */
export function streamed(bytes: number): void {
  sinceLast += bytes;
  if (sinceLast < everyBytes) return;
  sinceLast = 0;
  gc({ type: "minor" }); // takes about a millisecond
}
