import { PgBoss } from "pg-boss";
import type { Broker, BrokerOptions, Consumption, Incoming, Outgoing, QueueDefinition } from "./broker.ts";

/** What pg-boss keeps of a message. */
interface Envelope {
  readonly id: string;
  readonly body: unknown;
}

/** The net below the wake-up calls. */
const lookMs = 1_000;

/** Queues in the product's own database, in a schema of their own; consumers are woken, they do not poll. */
export async function openEmbeddedBroker({ prefix, pool, wake, log }: BrokerOptions): Promise<Broker> {
  const boss = new PgBoss({
    db: { executeSql: (text, values) => pool.query(text, values as unknown[]) },
    schema: `${prefix}_queues`,
    schedule: false,
    reindex: false,
    monitorVacuum: false,
  });
  boss.on("error", (error) => log.warn({ error: error.message }, "The queues in the database cannot be tended"));
  await boss.start();

  let queues: readonly QueueDefinition[] = [];
  const consumptions = new Set<Consumption>();

  const targets = ({ to }: Outgoing): readonly string[] =>
    "queue" in to
      ? [to.queue]
      : queues.filter(({ topics }) => topics.some((topic) => matches(topic, to.topic))).map(({ name }) => name);

  return {
    async declare(definitions) {
      queues = definitions;
      const known = new Set((await boss.getQueues()).map(({ name }) => name));
      for (const { name } of definitions) {
        // Retries are none of its business: what is handed back is delivered again at once.
        if (!known.has(name)) await boss.createQueue(name, { retryLimit: 1_000, expireInSeconds: 60 });
      }
    },

    async publish(messages) {
      const batches = new Map<string, { data: Envelope }[]>();
      const unroutable = new Set<Outgoing>();
      for (const message of messages) {
        const names = targets(message);
        if (names.length === 0 && message.mandatory) unroutable.add(message);
        for (const name of names) {
          const batch = batches.get(name) ?? [];
          batch.push({ data: { id: message.id, body: message.body } });
          batches.set(name, batch);
        }
      }
      for (const [name, batch] of batches) await boss.insert(name, batch);
      for (const name of batches.keys()) wake.signal(`queue:${name}`);
      return messages.map((message) => !unroutable.has(message));
    },

    async consume(queue, prefetch, handle) {
      const consumption = consume(queue, prefetch, handle);
      consumptions.add(consumption);
      return consumption;
    },
    consumeGivenUp: async () => ({ stop: async () => {} }), // it never gives up

    async depth(queue) {
      const { rows } = await pool.query<{ ready: number }>(
        `select count(*)::int as ready from ${prefix}_queues.job where name = $1 and state < 'active'`,
        [queue],
      );
      return { ready: rows[0]?.ready ?? 0 };
    },
    async check() {}, // as healthy as the database
    async close() {
      await Promise.all([...consumptions].map((consumption) => consumption.stop()));
      await boss.stop({ graceful: false });
    },
  };

  function consume(queue: string, prefetch: number, handle: (message: Incoming) => Promise<void>): Consumption {
    const running = new Set<Promise<void>>();
    let stopping = false;
    let isLooking = false;
    let lookAgain = false;

    const look = async () => {
      lookAgain = true;
      if (isLooking) return;
      isLooking = true;
      try {
        while (lookAgain && !stopping && running.size < prefetch) {
          lookAgain = false;
          const batchSize = prefetch - running.size;
          const jobs = await boss.fetch<Envelope>(queue, { batchSize });
          for (const job of jobs) start(job.id, job.data);
          if (jobs.length === batchSize) lookAgain = true; // there may be more
        }
      } catch (error) {
        if (!stopping) log.warn({ err: error }, "A queue in the database cannot be read; it is tried again");
      } finally {
        isLooking = false;
      }
    };
    const start = (job: string, message: Envelope) => {
      const handled = settle(job, message).finally(() => {
        running.delete(handled);
        void look();
      });
      running.add(handled);
    };
    const settle = async (job: string, message: Envelope) => {
      const isDone =
        !stopping &&
        (await handle(message).then(
          () => true,
          () => false,
        ));
      // What cannot be settled is delivered again when its time is over.
      await (isDone ? boss.deleteJob(queue, job) : boss.fail(queue, job)).catch(() => {});
    };

    const ignore = wake.on(`queue:${queue}`, () => void look());
    const timer = setInterval(look, lookMs).unref();
    void look();
    return {
      async stop() {
        stopping = true;
        clearInterval(timer);
        ignore();
        await Promise.all(running);
      },
    };
  }
}

/** Whether a topic with `*` for single words matches. */
function matches(pattern: string, topic: string): boolean {
  const wanted = pattern.split(".");
  const words = topic.split(".");
  return wanted.length === words.length && wanted.every((word, at) => word === "*" || word === words[at]);
}
