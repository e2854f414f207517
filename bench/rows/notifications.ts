import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import type { Pool } from "pg";
import { canStartRabbitMq, RabbitMqServer } from "../../server/testing/rabbitmq-server.ts";
import { type Gun, openGun } from "../harness/http-load.ts";
import type { Options } from "../harness/options.ts";
import type { Pair, PairRow, Work } from "../harness/pair.ts";
import { freePort, startServer } from "../harness/server-process.ts";
import { connect } from "../harness/sockets.ts";
import type { Side, Stack } from "../harness/stack.ts";

const everyMs = 50;
const patienceMs = 10_000;
const watchersEach = 10;

/** From a comment to what people are told of it, over both brokers. */
export function notificationRows(options: Options): PairRow[] {
  const tasks = options.quick ? 100 : 300;
  const brokers = [
    { name: "the database's queues", rabbit: false },
    ...(canStartRabbitMq ? [{ name: "RabbitMQ", rabbit: true }] : []),
  ];
  return brokers.flatMap(({ name, rabbit }): PairRow[] => [
    {
      group: "notification",
      title: `comment to notification on the socket, one every ${everyMs} ms, over ${name}`,
      unit: "comments",
      enter: (stack) => withBroker(rabbit, (env) => enterDelay(stack, env, options.sliceMs)),
    },
    {
      group: "notification",
      title: `notifications of ${tasks} comments to ${watchersEach} watchers each, one worker core, over ${name}`,
      unit: "notifications",
      enter: (stack) => withBroker(rabbit, (env) => enterRate(stack, env, tasks)),
    },
  ]);
}

type Env = Readonly<Record<string, string>>;

/** A RabbitMQ of one's own for the length of a row, or none. */
async function withBroker(rabbit: boolean, enter: (env: Env) => Promise<Pair>): Promise<Pair> {
  const server = rabbit ? await RabbitMqServer.start() : null;
  try {
    const pair = await enter(server ? { AMQP_URL: server.url } : {});
    return { ...pair, close: () => pair.close().finally(() => server?.remove()) };
  } catch (error) {
    await server?.remove();
    throw error;
  }
}

const labelOfRow = () => `row_${randomUUID().replaceAll("-", "")}`;

async function comment(gun: Gun, token: string, taskId: string, body: string): Promise<string> {
  let id = "";
  const answered = (answer: Buffer) => {
    id = (JSON.parse(answer.toString()) as { result: { data: { id: string } } }).result.data.id;
  };
  const input = JSON.stringify({ taskId, body });
  await gun.fire({ method: "POST", path: "/trpc/comments.create", body: input, token, answered });
  return id;
}

/** One process does all: requests, sockets and workers. From the commit of the comment to the frame with its notification. */
async function enterDelay(stack: Stack, env: Env, sliceMs: number): Promise<Pair> {
  const side = await stack.openOurs(labelOfRow(), { ...env, ROLES: "api,realtime,workers" });
  const [author, reader] = side.people as [Side["people"][number], Side["people"][number]];
  const gun = openGun(side.server.origin, 1);
  const committed = new Map<string, number>();
  const told = new Map<string, number[]>();
  const socket = await connect(side.server.origin, reader.token, ({ changes }) => {
    const now = performance.timeOrigin + performance.now();
    for (const { type, at, patch } of changes) {
      const id = patch["commentId"] as string;
      if (type === "comment.mentioned") committed.set(id, Date.parse(at)); // in one transaction with the comment
      if (type === "notification.created") told.set(id, [...(told.get(id) ?? []), now]);
    }
  });
  await socket.join({ channel: `user:${reader.userId}` });
  const made: string[] = [];

  return {
    async ours(): Promise<Work> {
      const [project] = await side.seed({ projects: 1, lists: [Math.ceil(sliceMs / everyMs) + 1] });
      const ids: string[] = [];
      const startedAt = performance.now();
      for (const { id: taskId } of project!.lists[0]!.tasks) {
        if (performance.now() - startedAt > sliceMs) break;
        ids.push(await comment(gun, author.token, taskId, `Look, @[you](user:${reader.userId})`));
        await setTimeout(Math.max(0, startedAt + ids.length * everyMs - performance.now()));
      }
      const seconds = (performance.now() - startedAt) / 1_000;
      const until = performance.now() + patienceMs;
      while (!ids.every((id) => told.has(id) && committed.has(id)) && performance.now() < until) await setTimeout(5);
      made.push(...ids);
      const latencies = ids.map((id) => (told.get(id)?.[0] ?? Number.POSITIVE_INFINITY) - (committed.get(id) ?? 0));
      return { amount: ids.length, seconds, latencies };
    },
    async check() {
      const wrong = made.filter((id) => told.get(id)?.length !== 1);
      return wrong.length === 0 ? [] : [`${wrong.length} of ${made.length} comments were not told exactly once`];
    },
    async close() {
      socket.close();
      await gun.close();
      await side.close();
    },
  };
}

/** What a worker's process of its own gets done, once the comments are there. */
async function enterRate(stack: Stack, env: Env, tasks: number): Promise<Pair> {
  const side = await stack.openOurs(labelOfRow(), env);
  const gun = openGun(side.server.origin, 8);
  const wrong: string[] = [];
  const startWorker = async () =>
    startServer("ours", {
      ...side.settings,
      port: await freePort(),
      env: { ...env, ROLES: "workers", WORKERS: "notification.tell" },
    });
  const registering = await startWorker(); // from its first start on it is owed what happens
  const registered = "select from feed.consumers where name = 'notification.tell'";
  while ((await side.pool.query(registered)).rowCount === 0) await setTimeout(20);
  await registering.stop();

  return {
    async ours(): Promise<Work> {
      const [project] = await side.seed({ projects: 1, lists: [tasks] });
      const taskIds = project!.lists[0]!.tasks.map(({ id }) => id);
      await addWatchers(
        side.pool,
        taskIds,
        side.people.slice(1).map(({ userId }) => userId),
      );
      const queue = [...taskIds];
      const write = async () => {
        for (let id = queue.pop(); id; id = queue.pop())
          await comment(gun, side.people[0]!.token, id, "What about this?");
      };
      await Promise.all(Array.from({ length: 8 }, write));

      const total = await followersOf(side.pool, taskIds, side.people[0]!.userId);
      const count = () => countOf(side.pool, taskIds);
      const worker = await startWorker();
      try {
        let first = 0;
        const until = performance.now() + 60_000;
        while (first === 0 && performance.now() < until) {
          await setTimeout(5);
          first = await count();
        }
        const startedAt = performance.now();
        let done = first;
        while (done < total && performance.now() < until) {
          await setTimeout(20);
          done = await count();
        }
        const seconds = (performance.now() - startedAt) / 1_000;
        await setTimeout(200); // for one too many
        const told = await count();
        if (told !== total) wrong.push(`${told} notifications instead of ${total}`);
        return { amount: done - first, seconds };
      } finally {
        await worker.stop();
      }
    },
    check: async () => wrong.slice(0, 5),
    async close() {
      await gun.close();
      await side.close();
    },
  };
}

async function addWatchers(pool: Pool, taskIds: readonly string[], people: readonly string[]): Promise<void> {
  await pool.query(
    `insert into tasks.watches (id, organization_id, project_id, task_id, user_id, created_at)
    select gen_random_uuid(), t.organization_id, t.project_id, t.id, ($2::uuid[])[1 + (asked.n * $3::int + w) % cardinality($2::uuid[])], now()
    from unnest($1::uuid[]) with ordinality as asked (id, n) join tasks.tasks t on t.id = asked.id, generate_series(1, $3::int) as w`,
    [taskIds, people, watchersEach],
  );
  await pool.query("vacuum analyze tasks.watches");
}

/** Watchers and assignees, each once, without the author. */
async function followersOf(pool: Pool, taskIds: readonly string[], authorId: string): Promise<number> {
  const { rows } = await pool.query<{ n: number }>(
    `select count(*)::int as n from (
      select task_id, user_id from tasks.watches where task_id = any($1::uuid[])
      union select task_id, user_id from tasks.task_assignees where task_id = any($1::uuid[])) followers where user_id <> $2`,
    [taskIds, authorId],
  );
  return rows[0]?.n ?? 0;
}

async function countOf(pool: Pool, taskIds: readonly string[]): Promise<number> {
  const { rows } = await pool.query<{ n: number }>(
    "select count(*)::int as n from notifications.notifications where task_id = any($1::uuid[])",
    [taskIds],
  );
  return rows[0]?.n ?? 0;
}
