import type { App } from "../server/context.ts";
import { cleanUp } from "./clean-up.ts";

const everyMs = 10 * 60_000;

/**
 * Starts what runs beside the requests. Every node may run it: each piece of work is safe to do twice.
 *
 * @returns a function that lets the running piece finish and starts no other
 */
export function startWorkers(app: App): () => Promise<void> {
  let running: Promise<void> = Promise.resolve();
  const run = () => {
    running = cleanUp(app).catch((error) =>
      app.log.error({ err: error }, "Cleaning up failed; it is tried again later"),
    );
  };
  const timer = setInterval(run, everyMs).unref();
  return async () => {
    clearInterval(timer);
    await running;
  };
}
