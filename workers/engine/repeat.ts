import type { Logger } from "pino";

/** Something that is done again and again, never twice at once. */
export interface Repeated {
  /** Does it as soon as the running turn ends. */
  now(): void;
  /** Ends it after the running turn. */
  stop(): Promise<void>;
}

/** @param turn is told whether it comes of the clock or of a call; what it throws is logged, and the next turn comes */
export function repeat(
  log: Logger,
  name: string,
  everyMs: number,
  turn: (isSweep: boolean) => Promise<void>,
): Repeated {
  let running: Promise<void> | null = null;
  let wanted = false;
  let sweepWanted = false;
  let stopped = false;
  let isFailing = false;

  const run = async () => {
    while (!stopped && (wanted || sweepWanted)) {
      const isSweep = sweepWanted;
      wanted = false;
      sweepWanted = false;
      try {
        await turn(isSweep);
        isFailing = false;
      } catch (error) {
        if (!isFailing) log.warn({ err: error, part: name }, "A part of the workers failed; it is tried again");
        isFailing = true;
      }
    }
    running = null;
  };
  const start = () => {
    if (!stopped) running ??= run();
  };
  const timer = setInterval(() => {
    sweepWanted = true;
    start();
  }, everyMs).unref();
  sweepWanted = true;
  start();
  return {
    now() {
      wanted = true;
      start();
    },
    async stop() {
      stopped = true;
      clearInterval(timer);
      await running;
    },
  };
}
