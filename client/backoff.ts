/**
 * How long to wait before the next attempt: anything up to a bound that doubles with each one (full jitter), so that
 * a thousand clients do not come back in the same moment.
 *
 * @param attempt 1 for the first
 * @returns milliseconds
 */
export function backoffMs(attempt: number, { baseMs = 300, maxMs = 6_000 } = {}): number {
  return Math.random() * Math.min(maxMs, baseMs * 2 ** Math.min(attempt - 1, 20));
}

/** Waits that long, or until the signal aborts; never throws. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });
}
