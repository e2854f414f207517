import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { faultOptions, poison } from "../../server/testing/fault-workers.ts";
import { canStartRabbitMq, RabbitMqServer } from "../../server/testing/rabbitmq-server.ts";
import type { Caller } from "../../server/testing/scene.ts";
import { openScene } from "../../server/testing/workers.ts";

const program = fileURLToPath(new URL("../../server/testing/fault-workers.ts", import.meta.url));
const tasks = 50;
const workerCount = 3;
const changes = Number(process.env["FAULT_CHANGES"] ?? 2_000);

/** Worker processes that are replaced when they die. */
function keepRunning(env: Record<string, string>) {
  const children = new Set<ChildProcess>();
  let isEnding = false;
  const start = async () => {
    const child = fork(program, { env: { PATH: process.env["PATH"], ...env }, stdio: "inherit", execArgv: [] });
    children.add(child);
    child.once("exit", () => {
      children.delete(child);
      if (!isEnding) void start();
    });
    await Promise.race([once(child, "message"), once(child, "exit")]);
  };
  return {
    start,
    /** Ends one of them, as a power cut or as a deployment would. */
    end(signal: NodeJS.Signals) {
      const running = [...children];
      running[Math.floor(Math.random() * running.length)]?.kill(signal);
    },
    async stop() {
      isEnding = true;
      const exits = [...children].map((child) => once(child, "exit"));
      for (const child of children) child.kill("SIGKILL");
      await Promise.all(exits);
    },
  };
}

describe("Nothing is lost or done twice by faults", () => {
  test.skipIf(!canStartRabbitMq)(
    `${changes} changes while relays, workers and RabbitMQ are killed`,
    { timeout: 600_000 },
    async ({ onTestFinished }) => {
      const rabbit = await RabbitMqServer.start();
      onTestFinished(() => rabbit.remove());
      await survive(changes, rabbit);
    },
  );

  test("500 changes while relays and workers over the embedded queues are killed", { timeout: 300_000 }, () =>
    survive(500, null),
  );
});

/** Writes changes while processes die, and checks that every effect happened once and in order. */
async function survive(changes: number, rabbit: RabbitMqServer | null): Promise<void> {
  const scene = await openScene({});
  const { sql } = scene.app;
  await sql.query("create table effects (n bigserial primary key, consumer text, entity_id uuid, seq int)");
  const workers = keepRunning({
    NODE_ENV: "test",
    LOG_LEVEL: "fatal",
    DATABASE_URL: scene.app.config.DATABASE_URL as string,
    DATABASE_POOL_SIZE: "12",
    NODE_COMPILE_CACHE: ".data/test/compile-cache",
    ...(rabbit ? { AMQP_URL: rabbit.url } : {}),
  });
  onTestFinished(() => workers.stop());
  await Promise.all(Array.from({ length: workerCount }, workers.start));

  // Faults come with the progress of the work, not with time.
  let written = 0;
  const reached = (share: number) => expect.poll(() => written, { timeout: 300_000 }).toBeGreaterThan(changes * share);
  const faults = (async () => {
    for (let at = 1; at < 12; at += 1) {
      await reached(at / 12);
      if (rabbit && at % 4 === 0) {
        await rabbit.kill();
        workers.end("SIGKILL");
        await rabbit.start();
      } else workers.end(at % 2 === 0 ? "SIGKILL" : "SIGTERM");
    }
  })();

  const { project, owner } = await scene.project();
  const caller: Caller = scene.caller(owner);
  const titles = new Map([
    [7, poison.throwing],
    [21, poison.killing],
  ]);
  await Promise.all(
    Array.from({ length: tasks }, async (_, nth) => {
      const { id } = await caller.tasks.create({ projectId: project.id, title: `Task ${nth}` });
      written += 1;
      for (let at = 1; at < changes / tasks; at += 1) {
        const title = at === 5 ? (titles.get(nth) ?? `${nth}/${at}`) : `${nth}/${at}`;
        await caller.tasks.update({ taskId: id, title });
        written += 1;
      }
    }),
  );
  await faults;

  const poisoned = await sql.query<{ id: string }>(
    "select id from feed.changes where patch->>'title' = any($1::text[])",
    [Object.values(poison)],
  );
  expect(poisoned.length).toBe(2);
  const counted = async () => {
    const rows = await sql.query<{ consumer: string; n: number }>(
      "select consumer, count(*) as n from effects group by consumer order by consumer",
    );
    const [left] = await sql.query<{ n: number }>(
      "select (select count(*) from feed.jobs) + (select count(*) from feed.inbox where done_at is null) as n",
    );
    return [...rows.map(({ consumer, n }) => `${consumer} ${n}`), `left ${left?.n}`];
  };
  const heard = changes - poisoned.length;
  const echoes = await sql.query(
    "select from feed.changes where type in ('task.created', 'task.updated') and seq % 5 = 0 and not (patch->>'title' = any($1::text[]))",
    [Object.values(poison)],
  );
  await expect
    .poll(counted, { timeout: 240_000, interval: 500 })
    .toEqual([`echo ${echoes.length}`, `ordered ${heard}`, `unordered ${heard}`, "left 0"]);

  const twice = await sql.query("select consumer, entity_id, seq from effects group by 1, 2, 3 having count(*) > 1");
  expect(twice).toEqual([]);
  const disordered = await sql.query(
    `select * from (select entity_id, seq, lag(seq) over (partition by entity_id order by n) as before
        from effects where consumer = 'ordered') placed where before > seq`,
  );
  expect(disordered).toEqual([]);
  const dead = await sql.query<{ consumer: string; id: string }>(
    "select consumer, id from feed.dead_letters order by consumer, id",
  );
  const expected = faultOptions.consumers.flatMap(({ name }) => poisoned.map(({ id }) => ({ consumer: name, id })));
  expect(dead).toEqual(expected.sort((a, b) => (a.consumer + a.id < b.consumer + b.id ? -1 : 1)));
}
