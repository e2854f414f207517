import { createAdapter } from "@socket.io/redis-adapter";
import { Emitter } from "@socket.io/redis-emitter";
import { Redis } from "ioredis";
import type { Logger } from "pino";
import type { App } from "../server/context.ts";
import type { Channel, StoredChange } from "../server/platform/feed.ts";
import { weightOf } from "./framing.ts";
import type { GatewayServer, NodeEvents } from "./io.ts";

/** A change that was committed somewhere; a big one goes without its content, which the node reads from the feed. */
export interface Hint {
  channel: Channel;
  seq: number;
  change?: StoredChange;
}

const maxHintWeight = 16 * 1024;

/** Hints that a Redis which stalls may hold up; more are dropped. */
const maxUnanswered = 1_000;

export const hintsOf = (changes: readonly StoredChange[]): Hint[] =>
  changes.map((change) => ({
    channel: change.channel,
    seq: change.seq,
    ...(weightOf(change) <= maxHintWeight ? { change } : {}),
  }));

/** Nodes of one database life share a name on Redis, and no others. */
const keyOf = (epoch: string) => `taskwire:${epoch}`;

/** What nodes tell each other. Without Redis, or while it is away, nobody hears it. */
export interface NodeBus {
  tell<Event extends keyof NodeEvents>(event: Event, ...args: Parameters<NodeEvents[Event]>): void;
  close(): void;
}

/** Connects a gateway with the others; Redis may come later, go away and come back. */
export function joinNodes(io: GatewayServer, app: App): NodeBus {
  const url = app.config.REDIS_URL;
  if (!url) return { tell: () => {}, close: () => {} };
  const publisher = connect(url, app.log, "publishes hints");
  const subscriber = connect(url, app.log, "hears hints");
  io.adapter(createAdapter(publisher, subscriber, { key: keyOf(app.epoch) }));
  return {
    tell(event, ...args) {
      if (publisher.status === "ready") io.serverSideEmit(event, ...args);
    },
    close() {
      publisher.disconnect();
      subscriber.disconnect();
    },
  };
}

/** For a process that changes things and serves no sockets: tells the gateways on other nodes what it committed. */
export function startHintSender(app: App): { close(): void } {
  const url = app.config.REDIS_URL;
  if (!url) return { close: () => {} };
  const redis = connect(url, app.log, "publishes hints");
  const emitter = new Emitter<NodeEvents>(redis, { key: keyOf(app.epoch) });
  const unsubscribe = app.hub.subscribe((changes) => {
    if (redis.status === "ready") emitter.serverSideEmit("changes", hintsOf(changes));
  });
  return {
    close() {
      unsubscribe();
      redis.disconnect();
    },
  };
}

/** A connection whose losses are logged once each and fail nothing. */
function connect(url: string, log: Logger, purpose: string): Redis {
  const redis = new Redis(url, {
    maxRetriesPerRequest: null,
    retryStrategy: (attempt) => Math.min(50 * 2 ** attempt, 2_000),
  });
  let down = false;
  redis.on("error", (error) => {
    if (!down) log.warn({ err: error, purpose }, "Redis does not answer; changes reach other nodes with a delay");
    down = true;
  });
  redis.on("ready", () => {
    if (down) log.info({ purpose }, "Redis answers again");
    down = false;
  });
  // The adapter leaves the promises of these alone, and a lost connection rejects them.
  let unanswered = 0;
  for (const command of ["publish", "subscribe", "psubscribe", "unsubscribe", "punsubscribe"] as const) {
    const run = redis[command].bind(redis) as (...args: unknown[]) => Promise<unknown>;
    Object.assign(redis, {
      async [command](...args: unknown[]) {
        if (command === "publish" && unanswered >= maxUnanswered) return 0;
        unanswered += 1;
        return run(...args)
          .catch(() => 0)
          .finally(() => {
            unanswered -= 1;
          });
      },
    });
  }
  return redis;
}
