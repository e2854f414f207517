import { setTimeout } from "node:timers/promises";
import {
  type Channel,
  type ChannelModel,
  type ConfirmChannel,
  type ConsumeMessage,
  connect,
  type Message,
  type RecoveringChannelModel,
} from "amqplib";
import type { Broker, BrokerOptions, Consumption, Depth, Incoming, Outgoing, QueueDefinition } from "./broker.ts";

/**
 * A backstop against a message that ends every process before an attempt can be counted; our own count comes first.
 * Counted from zero: the message is delivered once more than this.
 */
const deliveryLimit = 20;
const heartbeatSeconds = 10;
/** A broker that takes this long to confirm counts as gone: the connection is opened anew. */
const confirmMs = 10_000;
/** How often the queues are asked whether this process is still among their consumers. */
const inspectEveryMs = 10_000;

interface Subscription {
  readonly queue: string;
  readonly prefetch: number;
  handle(message: Incoming, raw: ConsumeMessage): Promise<void>;
  /** The connection on which it was last begun. */
  model: ChannelModel | null;
  channel: Channel | null;
  tag: string;
  stopping: boolean;
  readonly running: Set<Promise<void>>;
}

/** RabbitMQ: one topic exchange for changes, one durable quorum queue per consumer, publisher confirms. */
export async function openRabbitBroker(options: BrokerOptions & { readonly url: string }): Promise<Broker> {
  const broker = new RabbitBroker(options);
  await broker.open();
  return broker;
}

class RabbitBroker implements Broker {
  readonly #options: BrokerOptions & { readonly url: string };
  readonly #exchange: string;
  readonly #dead: string;
  readonly #subscriptions = new Set<Subscription>();
  #queues: readonly QueueDefinition[] = [];
  #connection: RecoveringChannelModel | null = null;
  #model: ChannelModel | null = null;
  #publisher: ConfirmChannel | null = null;
  /** Ids of messages that came back because no queue wanted them. */
  readonly #returned = new Set<string>();
  #isDown = false;
  #inspection: NodeJS.Timeout | undefined;

  constructor(options: BrokerOptions & { readonly url: string }) {
    this.#options = options;
    this.#exchange = `${options.prefix}.changes`;
    this.#dead = `${options.prefix}.dead`;
  }

  /** Does not wait for the broker: it may come later. */
  async open(): Promise<void> {
    const { url, log, wake } = this.#options;
    const heartbeat = new URL(url);
    if (!heartbeat.searchParams.has("heartbeat")) heartbeat.searchParams.set("heartbeat", String(heartbeatSeconds));
    const connection = await connect(heartbeat.href, {
      clientProperties: { connection_name: "taskwire" },
      timeout: 10_000,
      noDelay: true,
      recovery: {
        initialDelay: 100,
        maxDelay: 2_000,
        waitForConnect: false,
        setup: (model: ChannelModel) => this.#setUp(model),
      },
    });
    const down = (error: Error) => {
      this.#model = null;
      this.#publisher = null;
      if (!this.#isDown) log.warn({ error: error.message }, "RabbitMQ does not answer; what is owed waits");
      this.#isDown = true;
    };
    connection.on("disconnect", down);
    connection.on("connect-failed", down);
    connection.on("error", () => {}); // a disconnect follows
    connection.on("connect", () => {
      if (this.#isDown) log.info("RabbitMQ answers again");
      this.#isDown = false;
      for (const topic of ["relay", "jobs", "due-changes"]) wake.signal(topic);
    });
    this.#connection = connection;
    this.#inspection = setInterval(() => void this.#inspect(), inspectEveryMs).unref();
  }

  /** Everything a connection needs; runs again on each new one. */
  async #setUp(model: ChannelModel): Promise<void> {
    let isClosed = false;
    model.on("error", () => {});
    model.once("close", () => {
      isClosed = true;
    });
    const topology = await model.createChannel();
    topology.on("error", () => {});
    const declared = this.#queues;
    await this.#declareOn(topology);
    await topology.close();

    const publisher = await model.createConfirmChannel();
    this.#renewWhenLost(model, publisher);
    publisher.on("return", (message: Message) => {
      this.#returned.add(message.properties.messageId as string);
    });
    this.#publisher = publisher;
    this.#model = model;
    if (this.#queues !== declared) await this.#redeclare(); // they were named meanwhile
    for (const subscription of this.#subscriptions) await this.#subscribe(model, subscription);
    if (isClosed) throw new Error("The connection was lost while it was set up"); // nobody listens for that yet
  }

  async #declareOn(channel: Channel): Promise<void> {
    await channel.assertExchange(this.#exchange, "topic", { durable: true });
    await channel.assertExchange(this.#dead, "fanout", { durable: true });
    await channel.assertQueue(this.#dead, { durable: true, arguments: { "x-queue-type": "quorum" } });
    await channel.bindQueue(this.#dead, this.#dead, "");
    for (const { name, topics } of this.#queues) {
      const queue = this.#nameOf(name);
      await channel.assertQueue(queue, {
        durable: true,
        arguments: {
          "x-queue-type": "quorum",
          "x-delivery-limit": deliveryLimit,
          "x-dead-letter-exchange": this.#dead,
          "x-dead-letter-routing-key": name,
        },
      });
      for (const topic of topics) await channel.bindQueue(queue, this.#exchange, topic);
    }
  }

  readonly #nameOf = (queue: string) => `${this.#options.prefix}.${queue}`;

  /** A channel that ends alone leaves its connection half useless; a new connection sets everything up again. */
  #renewWhenLost(model: ChannelModel, channel: Channel): void {
    channel.on("error", () => {});
    channel.once("close", () => this.#renew(model));
  }

  /** Gives a connection up; the next one sets everything up again. */
  #renew(model: ChannelModel | null): void {
    void model?.close().catch(() => {});
  }

  /** A queue can vanish, or be made anew by another node, without a word to those who consumed the old one. */
  async #inspect(): Promise<void> {
    const model = this.#model;
    if (!model) return;
    try {
      const channel = await model.createChannel();
      channel.on("error", () => {});
      for (const { queue, tag, stopping } of this.#subscriptions) {
        if (!tag || stopping) continue;
        const { consumerCount } = await channel.checkQueue(queue);
        if (consumerCount === 0) throw new Error(`${queue} has lost its consumers`);
      }
      await channel.close();
    } catch {
      this.#renew(model);
    }
  }

  async declare(queues: readonly QueueDefinition[]): Promise<void> {
    this.#queues = queues;
    if (this.#model) await this.#redeclare();
  }

  async #redeclare(): Promise<void> {
    const channel = await this.#model?.createChannel();
    if (!channel) return;
    channel.on("error", () => {});
    await this.#declareOn(channel);
    await channel.close();
  }

  async publish(messages: readonly Outgoing[]): Promise<boolean[]> {
    const publisher = this.#publisher;
    if (!publisher) return messages.map(() => false);
    const sent = messages.map((message) => this.#send(publisher, message));
    const confirmed = await Promise.race([Promise.all(sent), setTimeout(confirmMs, null, { ref: false })]);
    if (!confirmed) {
      if (this.#publisher === publisher) this.#renew(this.#model);
      return messages.map(() => false);
    }
    const delivered = messages.map(({ id, mandatory }, at) => {
      const wasReturned = this.#returned.has(id);
      return confirmed[at] === true && !(mandatory && wasReturned);
    });
    const missed = messages.some(({ id, mandatory }) => mandatory && this.#returned.has(id));
    for (const { id } of messages) this.#returned.delete(id);
    if (missed && this.#publisher === publisher) this.#renew(this.#model); // a queue is gone, and whoever consumed it was perhaps not told
    return delivered;
  }

  #send(publisher: ConfirmChannel, { id, to, body, mandatory }: Outgoing): Promise<boolean> {
    const [exchange, key] = "topic" in to ? [this.#exchange, to.topic] : ["", this.#nameOf(to.queue)];
    const content = Buffer.from(JSON.stringify(body));
    const properties = { persistent: true, messageId: id, mandatory, contentType: "application/json" };
    return new Promise((done) => {
      try {
        publisher.publish(exchange, key, content, properties, (error) => done(!error));
      } catch {
        done(false); // the channel closed meanwhile
      }
    });
  }

  async consume(queue: string, prefetch: number, handle: (message: Incoming) => Promise<void>): Promise<Consumption> {
    return this.#add(this.#nameOf(queue), prefetch, handle);
  }

  async consumeGivenUp(handle: (queue: string, message: Incoming) => Promise<void>): Promise<Consumption> {
    return this.#add(this.#dead, 1, (message, raw) => handle(raw.fields.routingKey, message));
  }

  async #add(queue: string, prefetch: number, handle: Subscription["handle"]): Promise<Consumption> {
    const running = new Set<Promise<void>>();
    const subscription: Subscription = {
      queue,
      prefetch,
      handle,
      model: null,
      channel: null,
      tag: "",
      stopping: false,
      running,
    };
    this.#subscriptions.add(subscription);
    if (this.#model) await this.#subscribe(this.#model, subscription).catch(() => {}); // else with the next connection
    return { stop: () => this.#stop(subscription) };
  }

  async #subscribe(model: ChannelModel, subscription: Subscription): Promise<void> {
    if (subscription.model === model) return;
    subscription.model = model;
    subscription.tag = "";
    const channel = await model.createChannel();
    if (subscription.stopping) return void (await channel.close());
    subscription.channel = channel;
    this.#renewWhenLost(model, channel);
    await channel.prefetch(subscription.prefetch);
    const { consumerTag } = await channel.consume(subscription.queue, (message) => {
      if (!message) return this.#renew(model); // the queue was deleted
      const handled = deliver(subscription, channel, message);
      subscription.running.add(handled);
      void handled.finally(() => subscription.running.delete(handled));
    });
    subscription.tag = consumerTag;
  }

  /** Cancels, then waits: what is handed back meanwhile goes to other consumers. */
  async #stop(subscription: Subscription): Promise<void> {
    subscription.stopping = true;
    this.#subscriptions.delete(subscription);
    await subscription.channel?.cancel(subscription.tag).catch(() => {});
    await Promise.all(subscription.running);
  }

  async depth(queue: string): Promise<Depth> {
    const channel = await this.#model?.createChannel();
    if (!channel) throw new Error("RabbitMQ does not answer");
    channel.on("error", () => {});
    const { messageCount } = await channel.checkQueue(this.#nameOf(queue));
    await channel.close();
    return { ready: messageCount };
  }

  async check(): Promise<void> {
    if (!this.#publisher) throw new Error("RabbitMQ does not answer");
  }

  async close(): Promise<void> {
    const publisher = this.#publisher;
    this.#publisher = null;
    clearInterval(this.#inspection);
    publisher?.removeAllListeners("close");
    await this.#connection?.close();
  }
}

/** Hands a message to its handler and settles it; on a channel that is gone the broker delivers it again by itself. */
async function deliver(subscription: Subscription, channel: Channel, message: ConsumeMessage): Promise<void> {
  const settle = (act: () => void) => {
    try {
      act();
    } catch {
      // the channel closed: settled by that
    }
  };
  const body = readBody(message);
  if (body === undefined) return settle(() => channel.nack(message, false, false)); // nobody can ever read it
  try {
    if (subscription.stopping) throw new Error("stopping");
    await subscription.handle({ id: String(message.properties.messageId), body }, message);
    settle(() => channel.ack(message));
  } catch {
    settle(() => channel.nack(message, false, true));
  }
}

function readBody({ content }: ConsumeMessage): unknown {
  try {
    return JSON.parse(content.toString());
  } catch {
    return undefined;
  }
}
