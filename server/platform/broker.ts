import type { Pool } from "pg";
import type { Logger } from "pino";
import { openEmbeddedBroker } from "./broker-embedded.ts";
import { openRabbitBroker } from "./broker-rabbitmq.ts";
import type { Wake } from "./wake.ts";

/** A queue and what flows into it by itself. */
export interface QueueDefinition {
  readonly name: string;
  /** Words joined by dots, `*` for any one word: `*.task.moved`. */
  readonly topics: readonly string[];
}

/** A message on its way out: to all queues whose topics match, or to one queue. */
export interface Outgoing {
  /** Stable: the same fact or job has the same id however often it is published. */
  readonly id: string;
  readonly to: { readonly topic: string } | { readonly queue: string };
  readonly body: object;
  /** Counts as not published when it reaches no queue. */
  readonly mandatory: boolean;
}

export interface Incoming {
  readonly id: string;
  readonly body: unknown;
}

export interface Consumption {
  /** Takes nothing more, and waits for what is being handled. */
  stop(): Promise<void>;
}

export interface Depth {
  /** Waiting in the queue. */
  readonly ready: number;
}

/**
 * Carries messages to the workers: at least once, and in the order of publishing while nothing goes wrong. It keeps no
 * retries and no truth; what must not be lost is in the database, from where it can be published again.
 */
export interface Broker {
  /** Makes the queues, and keeps making them again should they vanish. Called once, at start-up. */
  declare(queues: readonly QueueDefinition[]): Promise<void>;
  /** Sends in the order given. @returns which of them are safely in their queues */
  publish(messages: readonly Outgoing[]): Promise<boolean[]>;
  /**
   * @param prefetch messages handled at the same time
   * @param handle settled: the message is done with; rejected: it is handed back for another consumer
   */
  consume(queue: string, prefetch: number, handle: (message: Incoming) => Promise<void>): Promise<Consumption>;
  /** Messages that the broker itself gave up on, with their queue. */
  consumeGivenUp(handle: (queue: string, message: Incoming) => Promise<void>): Promise<Consumption>;
  depth(queue: string): Promise<Depth>;
  /** @throws Error while the broker does not answer */
  check(): Promise<void>;
  close(): Promise<void>;
}

export interface BrokerOptions {
  /** RabbitMQ's; absent: the queues are in the database. */
  readonly url?: string | undefined;
  /** Begins the names of all exchanges and queues. */
  readonly prefix: string;
  readonly pool: Pool;
  readonly wake: Wake;
  readonly log: Logger;
}

export const openBroker = (options: BrokerOptions): Promise<Broker> =>
  options.url ? openRabbitBroker({ ...options, url: options.url }) : openEmbeddedBroker(options);
