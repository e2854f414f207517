import { setTimeout } from "node:timers/promises";
import pLimit from "p-limit";
import type { z } from "zod";
import type { App } from "../../server/context.ts";
import { toAppError } from "../../server/errors.ts";
import { type Consumption, type Incoming, openBroker } from "../../server/platform/broker.ts";
import { type Consumer, defaultPrefetch } from "../consumer.ts";
import { defaultJobPrefetch, type JobHandler } from "../job.ts";
import { buryChange, buryJob } from "./dead-letters.ts";
import { changeMessage, jobMessage, startDispatch } from "./dispatch.ts";
import { inTurn } from "./in-turn.ts";
import { Ledger } from "./ledger.ts";
import { countInFlight, watchQueues } from "./metrics.ts";
import { isWanted, type WorkerOptions } from "./options.ts";
import { queueOf, registerConsumers, startReconciler } from "./reconcile.ts";
import { startRelay } from "./relay.ts";
import { runChange } from "./run-changes.ts";
import { runJob } from "./run-jobs.ts";
import { startProjections } from "./run-projections.ts";
import { startSchedules } from "./run-schedules.ts";
import { HandedBack, type Runtime } from "./runtime.ts";

export interface Workers {
  /** @throws Error while the broker does not answer */
  check(): Promise<void>;
  /** Lets running attempts end, hands back those that take too long, and takes nothing new. */
  stop(): Promise<void>;
}

const retryMs = 1_000;

/** Starts relay, dispatch, reconciler and schedules, and the consumers and jobs that `options.only` names. */
export async function startWith(app: App, given: WorkerOptions): Promise<Workers> {
  const options = { ...given, jobs: [...given.jobs, ...given.schedules.map(({ job }) => job)] };
  requireUniqueNames(options);
  const stopListening = app.wake.listen();
  const broker = await openBroker({
    url: app.config.AMQP_URL,
    prefix: options.prefix,
    pool: app.database.pool,
    wake: app.wake,
    log: app.log,
  });
  const ending = new AbortController();
  const handBack = new AbortController();
  const ledger = new Ledger(app.database.pool);
  const outbox = new Ledger(app.database.pool);
  const slots = pLimit(Math.max(1, Math.floor((app.config.DATABASE_POOL_SIZE - 3) / 2)));
  const runtime: Runtime = {
    app,
    broker,
    options,
    ledger,
    outbox,
    slots,
    suspects: pLimit(1),
    handBack: handBack.signal,
  };

  await registerConsumers(app.sql, options.consumers);
  await broker.declare([...options.consumers.map(queueOf), ...options.jobs.map(({ name }) => ({ name, topics: [] }))]);
  const consumptions = await Promise.all([
    ...options.consumers
      .filter(({ name }) => isWanted(name, options.only))
      .map((consumer) => consumeChanges(runtime, consumer, ending.signal)),
    ...options.jobs
      .filter(({ name }) => isWanted(name, options.only))
      .map((job) => consumeJobs(runtime, job, ending.signal)),
    broker.consumeGivenUp((queue, message) => buryGivenUp(runtime, ending.signal, queue, message)),
  ]);
  const stops = [
    startRelay(runtime),
    startDispatch(runtime),
    startReconciler(runtime),
    startSchedules(runtime),
    startProjections(runtime),
  ];
  const stopWatching = watchQueues(runtime);

  return {
    check: () => broker.check(),
    async stop() {
      ending.abort();
      stopWatching();
      const timer = globalThis.setTimeout(() => handBack.abort(), options.drainMs);
      await Promise.all(consumptions.map((consumption) => consumption.stop()));
      clearTimeout(timer);
      handBack.abort();
      await Promise.all(stops.map((stop) => stop()));
      await broker.close();
      await ledger.close();
      await outbox.close();
      stopListening();
    },
  };
}

function requireUniqueNames({ consumers, jobs }: WorkerOptions): void {
  const names = [...consumers, ...jobs].map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice) throw new Error(`Two consumers, jobs or schedules are called ${twice}`);
}

function consumeChanges(runtime: Runtime, consumer: Consumer, ending: AbortSignal): Promise<Consumption> {
  const turns = inTurn();
  const isOrdered = consumer.ordered ?? true;
  return runtime.broker.consume(consumer.name, consumer.prefetch ?? defaultPrefetch, async (incoming) => {
    const message = read(runtime, consumer.name, changeMessage, incoming);
    if (!message) return;
    const run = () => runtime.slots(() => persist(runtime, ending, () => runChange(runtime, consumer, message)));
    await countInFlight(consumer.name, () => (isOrdered ? turns(message.entityId, run) : run()));
  });
}

function consumeJobs(runtime: Runtime, job: JobHandler, ending: AbortSignal): Promise<Consumption> {
  return runtime.broker.consume(job.name, job.prefetch ?? defaultJobPrefetch, async (incoming) => {
    const message = read(runtime, job.name, jobMessage, incoming);
    if (!message) return;
    await countInFlight(job.name, () => persist(runtime, ending, () => runJob(runtime, job, message)));
  });
}

/** What a message says; null, and forgotten, when it is none of ours. */
function read<S extends z.ZodType>({ app }: Runtime, queue: string, schema: S, { id, body }: Incoming) {
  const { data, error } = schema.safeParse(body);
  if (error) app.log.error({ queue, messageId: id }, "A message that makes no sense was dropped");
  return data ?? null;
}

/**
 * While the database is away a message is held, not handed back: the broker would count that as the message's fault.
 *
 * @throws HandedBack once the process ends | whatever else goes wrong: the broker delivers it again, a few times
 */
async function persist({ app }: Runtime, ending: AbortSignal, work: () => Promise<void>): Promise<void> {
  for (;;) {
    if (ending.aborted) throw new HandedBack();
    try {
      return await work();
    } catch (error) {
      if (error instanceof HandedBack) throw error;
      app.log.warn({ err: error }, "A message could not be settled; it is tried again");
      await setTimeout(retryMs, null, { ref: false });
      if (toAppError(error).details["retry"] !== true) throw error;
    }
  }
}

/** The broker delivered a message many times in vain: no attempt was ever counted. */
async function buryGivenUp(runtime: Runtime, ending: AbortSignal, queue: string, incoming: Incoming): Promise<void> {
  const { app, options } = runtime;
  const end = { attempts: 0, reason: "the broker gave up: delivered too often without being settled", stack: null };
  app.log.error({ queue, messageId: incoming.id }, "The broker gave up a message");
  if (options.jobs.some(({ name }) => name === queue)) {
    const message = read(runtime, queue, jobMessage, incoming);
    if (message) await persist(runtime, ending, () => buryJob(app.sql, message.jobId, end));
  } else {
    const message = read(runtime, queue, changeMessage, incoming);
    if (message) await persist(runtime, ending, () => buryChange(app.sql, queue, message, end));
  }
}
