import type { LimitFunction } from "p-limit";
import { type App, contextOf, type PublicCtx } from "../../server/context.ts";
import type { Broker } from "../../server/platform/broker.ts";
import type { Ledger } from "./ledger.ts";
import type { WorkerOptions } from "./options.ts";

/** What the parts of the machinery share. */
export interface Runtime {
  readonly app: App;
  readonly broker: Broker;
  readonly options: WorkerOptions;
  /** Of attempts. */
  readonly ledger: Ledger;
  /** Of what was published. */
  readonly outbox: Ledger;
  /** Attempts at the same time in this process: each holds a connection. */
  readonly slots: LimitFunction;
  /** One at a time: what once ended with its process runs alone, so that the next death names the culprit. */
  readonly suspects: LimitFunction;
  /** Aborted when running attempts must be handed back. */
  readonly handBack: AbortSignal;
}

/** A context for the system itself. */
export const systemContext = (app: App, requestId: string, who: string): PublicCtx =>
  contextOf(app, null, { requestId, ip: "127.0.0.1", userAgent: `taskwire ${who}` });

/** The process ends: what was being done goes back, and the attempt does not count. */
export class HandedBack extends Error {
  constructor() {
    super("handed back: the process ends");
    this.name = "HandedBack";
  }
}

/** An attempt that took too long. */
export class TimedOut extends Error {
  constructor(timeoutMs: number) {
    super(`took longer than ${timeoutMs} ms`);
    this.name = "TimedOut";
  }
}

/** What a dead letter tells of a failure: its words, and where it came from, causes included. */
export function tellOf(error: unknown): { reason: string; stack: string | null } {
  const stacks: string[] = [];
  for (let at = error; at instanceof Error && stacks.length < maxCauses; at = at.cause)
    stacks.push(at.stack ?? String(at));
  return {
    reason: error instanceof Error ? error.message : String(error),
    stack: stacks.length > 0 ? stacks.join("\nCaused by: ") : null,
  };
}
const maxCauses = 5;

/**
 * The work's result, unless it takes too long or the process ends first. The work itself cannot be stopped; it is told
 * by the signal.
 *
 * @throws TimedOut | HandedBack, while the work may still be running
 */
export async function within<T>(
  timeoutMs: number,
  handBack: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const ended = new AbortController();
  const stop = Promise.withResolvers<never>();
  const timer = setTimeout(() => fail(new TimedOut(timeoutMs)), timeoutMs);
  const fail = (error: Error) => {
    stop.reject(error);
    ended.abort(error);
  };
  const back = () => fail(new HandedBack());
  handBack.addEventListener("abort", back, { once: true });
  try {
    return await Promise.race([stop.promise, work(ended.signal)]);
  } finally {
    clearTimeout(timer);
    handBack.removeEventListener("abort", back);
  }
}
