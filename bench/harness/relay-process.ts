// A process of its own that carries changes to RabbitMQ: as our relay does, or by amqplib alone. Told what to do by messages.
import { connect } from "amqplib";
import { readConfig } from "../../server/config.ts";
import { taskUpdated } from "../../server/domain/tasks/task.events.ts";
import { openApp } from "../../server/open-app.ts";
import { defineConsumer } from "../../workers/consumer.ts";
import { defaultOptions } from "../../workers/engine/options.ts";
import { startWith } from "../../workers/engine/start-workers.ts";

/** Exchanges and queues are `<prefix>.changes` and `<prefix>.listener`; `bench/rows/relay.ts` reads them. */
const prefixes = { ours: "bench", bare: "bare" } as const;
type Carrier = keyof typeof prefixes;
interface Carried {
  readonly seconds: number;
}

/** Most messages that await their confirmation at once. */
const window = 2_000;

const config = readConfig();
const { app, close } = await openApp(config, config.DATABASE_URL as string);
const url = config.AMQP_URL as string;

const listener = defineConsumer({
  name: "listener",
  on: [taskUpdated],
  maxAttempts: 1,
  timeoutMs: 1_000,
  handle: async () => {},
});
const workers = await startWith(app, {
  ...defaultOptions,
  prefix: prefixes.ours,
  consumers: [listener],
  jobs: [],
  schedules: [],
  only: ["nothing"], // the queue is there, and nobody consumes
});
while ((await workers.check().catch((error: Error) => error)) instanceof Error) await new Promise(setImmediate);

const connection = await connect(url);
const publisher = await connection.createConfirmChannel();
await publisher.assertExchange(`${prefixes.bare}.changes`, "topic", { durable: true });
await publisher.assertQueue(`${prefixes.bare}.listener`, { durable: true, arguments: { "x-queue-type": "quorum" } });
await publisher.bindQueue(`${prefixes.bare}.listener`, `${prefixes.bare}.changes`, "*.task.updated");

const behind =
  "select from feed.heads h left join feed.relay_cursors k using (channel) where h.seq > coalesce(k.seq, 0) limit 1";

const untilRelayed = async () => {
  while ((await app.sql.query(behind)).length > 0) await new Promise((done) => setTimeout(done, 5));
};

async function relayAll(): Promise<Carried> {
  const heads = await app.sql.query<{ channel: string }>("select channel from feed.heads");
  const startedAt = performance.now();
  await app.sql.query("delete from feed.relay_cursors");
  for (const { channel } of heads) app.wake.signal("relay", channel);
  await untilRelayed();
  return { seconds: (performance.now() - startedAt) / 1_000 };
}

type Row = { id: string };
const changes =
  'select channel, seq, id, at, actor_id as "actorId", type, entity, op, entity_id as "entityId", patch from feed.changes order by seq, channel';

/** The same messages, from memory. */
async function publishAll(): Promise<Carried> {
  const messages = (await app.sql.query<Row>(changes)).map((change) => ({
    id: change.id,
    content: Buffer.from(JSON.stringify(change)),
  }));
  const startedAt = performance.now();
  let next = 0;
  let confirmed = 0;
  await new Promise<void>((done, fail) => {
    const more = () => {
      while (next < messages.length && next - confirmed < window) {
        const { id, content } = messages[next] as (typeof messages)[number];
        next += 1;
        const properties = { persistent: true, messageId: id, mandatory: true, contentType: "application/json" };
        publisher.publish(`${prefixes.bare}.changes`, "project.task.updated", content, properties, (error) => {
          if (error) return fail(error);
          confirmed += 1;
          if (confirmed === messages.length) done();
          else more();
        });
      }
    };
    more();
  });
  return { seconds: (performance.now() - startedAt) / 1_000 };
}

process.on("message", async (carrier: Carrier | "end") => {
  if (carrier !== "end") return process.send?.(await (carrier === "ours" ? relayAll() : publishAll()));
  await workers.stop();
  await connection.close();
  await close();
  process.exit(0);
});
await untilRelayed(); // it began with its start
await publisher.purgeQueue(`${prefixes.ours}.listener`);
process.send?.("ready");
