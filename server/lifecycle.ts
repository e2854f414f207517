import type { Logger } from "pino";

/** What was opened, to be closed in the opposite order. */
const closers: (() => unknown)[] = [];
let stopping: Promise<void> | undefined;

/** Remembers how something that was opened is closed. */
export const onStop = (close: () => unknown): void => void closers.push(close);

/** True from the moment the process is about to end. */
export const isStopping = (): boolean => stopping !== undefined;

/** Closes everything, the last opened first; once. */
function stop(): Promise<void> {
  stopping ??= (async () => {
    for (let close = closers.pop(); close; close = closers.pop()) await close();
  })();
  return stopping;
}

/** From here on a signal ends the process in order. */
export function obeySignals(): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      if (isStopping()) return; // Ctrl-C twice, or npm passing on what the terminal sent already
      void stop().then(
        () => process.exit(),
        (error) => {
          console.error(error);
          process.exit(1);
        },
      );
    });
  }
}

/**
 * A failure that nobody waits for is a fault of ours, but of one request: it goes to the log, and does not end the process
 * for everybody else. What matters is in the database, where no half of a transaction stays.
 */
export function outliveStrayFailures(log: Pick<Logger, "error">): void {
  process.on("unhandledRejection", (error) => log.error({ err: error }, "A failure that nobody waited for"));
}

/** Says why the product does not start, closes what is open, and ends. */
export async function giveUp(error: unknown): Promise<never> {
  const { code } = error as NodeJS.ErrnoException;
  const taken = "The port is taken: stop what listens there, or set another PORT.";
  console.error(`\nTaskwire does not start: ${code === "EADDRINUSE" ? taken : reasonOf(error)}`);
  await stop().catch(() => {});
  process.exit(1);
}

/** Also where a host has several addresses and none answers: that error has no message of its own. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join("; ");
  return error instanceof Error ? error.message : String(error);
}
