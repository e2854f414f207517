import { EventEmitter } from "node:events";
import type { Pool, PoolClient } from "pg";
import type { Logger } from "pino";
import { sqlOn, statement } from "./sql.ts";

/**
 * Tells whoever has work to do that there is some: in this process at once, and where nobody here does that work,
 * the other processes by NOTIFY. A hint, never waited for: workers also look for themselves.
 */
export interface Wake {
  signal(topic: string, item?: string): void;
  /** @returns a function that ends the subscription */
  on(topic: string, listener: (item: string) => void): () => void;
  /** Hears the other processes from now on; holds one connection of the pool. */
  listen(): () => void;
}

declare module "./services.ts" {
  interface Services {
    readonly wake: Wake;
  }
}

/** Signals of so many milliseconds travel together. */
const gatherMs = 3;
const retryMs = 1_000;
/** PostgreSQL takes less than 8,000 bytes a notification. */
const maxItems = 100;
const dbChannel = "taskwire_wake";
const notifyStatement = statement("wake.notify", `select pg_notify('${dbChannel}', $1)`);

export function createWake(pool: Pool, log: Logger): Wake {
  const emitter = new EventEmitter().setMaxListeners(0);
  let gathered = new Set<string>();

  const send = () => {
    const signals = [...gathered].map((key) => key.split("\n"));
    gathered = new Set();
    for (let at = 0; at < signals.length; at += maxItems) {
      const payload = JSON.stringify(signals.slice(at, at + maxItems));
      sqlOn(pool)
        .query(notifyStatement, [payload])
        .catch(() => {}); // the workers' own look finds what this hint was about
    }
  };

  return {
    signal(topic, item = "") {
      if (emitter.emit(topic, item)) return;
      if (gathered.size === 0) setTimeout(send, gatherMs).unref();
      gathered.add(`${topic}\n${item}`);
    },
    on(topic, listener) {
      emitter.on(topic, listener);
      return () => void emitter.off(topic, listener);
    },
    listen: () => listen(pool, log, (topic, item) => void emitter.emit(topic, item)),
  };
}

/** Keeps one connection listening until the returned function is called. */
function listen(pool: Pool, log: Logger, heard: (topic: string, item: string) => void): () => void {
  let stopped = false;
  let release: (() => void) | null = null;
  let timer: NodeJS.Timeout | undefined;

  const again = () => {
    release?.();
    release = null;
    if (!stopped) timer = setTimeout(open, retryMs).unref();
  };
  const open = async () => {
    try {
      const client = await pool.connect();
      release = once(() => client.release(true)); // it listens: nobody else may get it
      if (stopped) return release();
      client.on("notification", ({ payload }) => deliver(payload, heard, log));
      client.once("error", again);
      await listenOn(client);
    } catch {
      again();
    }
  };
  void open();
  return () => {
    stopped = true;
    clearTimeout(timer);
    release?.();
  };
}

const listenOn = (client: PoolClient) => client.query(`listen ${dbChannel}`);

function deliver(payload: string | undefined, heard: (topic: string, item: string) => void, log: Logger): void {
  try {
    for (const [topic, item] of JSON.parse(payload ?? "[]") as [string, string][]) heard(topic, item);
  } catch (error) {
    log.warn({ err: error }, "A notification could not be read");
  }
}

function once(act: () => void): () => void {
  let done = false;
  return () => {
    if (!done) act();
    done = true;
  };
}
