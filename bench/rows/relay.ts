import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { openSync } from "node:fs";
import { join } from "node:path";
import { connect } from "amqplib";
import pg from "pg";
import { migrate } from "../../db/orm.ts";
import { canStartRabbitMq, RabbitMqServer } from "../../server/testing/rabbitmq-server.ts";
import { pinned, serverCore } from "../harness/machine.ts";
import type { Options } from "../harness/options.ts";
import type { Pair, PairRow, Work } from "../harness/pair.ts";
import { createDatabase, type Stack } from "../harness/stack.ts";

/** As in `bench/harness/relay-process.ts`, which nobody imports: it runs. */
const prefixes = { ours: "bench", bare: "bare" } as const;
type Carrier = keyof typeof prefixes;

/** Changes that are in the feed, from there into a quorum queue; each confirmed. */
export function relayRows(options: Options): PairRow[] {
  if (!canStartRabbitMq) return [];
  const perChannel = options.quick ? 25 : 100;
  return [1, 200].map((channels) => ({
    group: "relay",
    title: `relay of ${(channels * perChannel * (channels === 1 ? 50 : 1)).toLocaleString("en")} changes of ${channels === 1 ? "one channel" : `${channels} channels`}, beside amqplib's confirms`,
    unit: "changes",
    enter: (stack) => enter(stack, channels, perChannel * (channels === 1 ? 50 : 1)),
  }));
}

async function enter(stack: Stack, channels: number, perChannel: number): Promise<Pair> {
  const databaseUrl = await createDatabase(stack.sides[0]!.settings.databaseUrl, `bench_relay_${channels}`);
  await migrate(databaseUrl);
  await fillFeed(databaseUrl, channels, perChannel);
  const rabbit = await RabbitMqServer.start();
  const child = await startCarrier(stack, databaseUrl, rabbit.url);
  const total = channels * perChannel;
  const wrong: string[] = [];

  async function carry(carrier: Carrier): Promise<Work> {
    child.send(carrier);
    const [{ seconds }] = (await once(child, "message")) as [{ seconds: number }];
    wrong.push(...(await readQueue(rabbit.url, `${prefixes[carrier]}.listener`, channels, perChannel)));
    return { amount: total, seconds };
  }
  return {
    ours: () => carry("ours"),
    bare: () => carry("bare"),
    check: async () => wrong.slice(0, 5),
    async close() {
      const ended = once(child, "exit");
      child.send("end");
      await ended;
      await rabbit.remove();
    },
  };
}

/** Renames of tasks, as the product itself writes them. */
async function fillFeed(databaseUrl: string, channels: number, perChannel: number): Promise<void> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  await client.query(
    `with channel as (select 'project:' || gen_random_uuid() as name, gen_random_uuid() as actor from generate_series(1, $1)),
    head as (insert into feed.heads (channel, seq) select name, $2 from channel)
    insert into feed.changes (channel, seq, id, at, actor_id, type, entity, op, entity_id, patch, before)
    select name, seq, gen_random_uuid(), now(), actor, 'task.updated', 'task', 'update', gen_random_uuid(),
      json_build_object('title', 'Title ' || seq || ' of ' || name, 'updatedAt', now(), 'version', seq),
      json_build_object('title', 'The title before')
    from channel, generate_series(1, $2) as seq`,
    [channels, perChannel],
  );
  await client.query("vacuum analyze feed.changes, feed.heads");
  await client.end();
}

async function startCarrier(stack: Stack, databaseUrl: string, amqpUrl: string): Promise<ChildProcess> {
  const [file, args] = pinned(serverCore, process.execPath, ["bench/harness/relay-process.ts"]);
  const log = openSync(join(stack.dir, "relay.log"), "a");
  const child = spawn(file, args, {
    env: {
      PATH: process.env["PATH"] ?? "",
      NODE_ENV: "test",
      LOG_LEVEL: "warn",
      DATA_DIR: join(stack.dir, "relay"),
      DATABASE_URL: databaseUrl,
      AMQP_URL: amqpUrl,
    },
    stdio: ["ignore", log, log, "ipc"],
  });
  const [first] = await Promise.race([once(child, "message"), once(child, "exit")]);
  if (first !== "ready") throw new Error(`The relay's process ended with ${first}; its log says why`);
  return child;
}

/** Empties a queue. @returns what is wrong: every change once, and each channel in its order */
async function readQueue(url: string, queue: string, channels: number, perChannel: number): Promise<string[]> {
  const connection = await connect(url);
  const channel = await connection.createChannel();
  const cursors = new Map<string, number>();
  const wrong: string[] = [];
  const total = channels * perChannel;
  let read = 0;
  await new Promise<void>((done) => {
    const idle = setTimeout(done, 10_000);
    const hear = (content: Buffer) => {
      const change = JSON.parse(content.toString()) as { channel: string; seq: number };
      const last = cursors.get(change.channel) ?? 0;
      if (change.seq !== last + 1) wrong.push(`${queue}: ${change.channel} has ${change.seq} after ${last}`);
      cursors.set(change.channel, change.seq);
      read += 1;
      if (read < total) return;
      clearTimeout(idle);
      done();
    };
    // Acknowledged by being sent: a channel that closes may lose its last acknowledgements.
    void channel.consume(queue, (message) => message && hear(message.content), { noAck: true });
  });
  await connection.close();
  if (read !== total) wrong.push(`${queue}: ${read} arrived instead of ${total}`);
  return wrong.slice(0, 5);
}
