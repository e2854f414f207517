import { v7 } from "uuid";
import { expect, test } from "vitest";
import type { PublicCtx } from "../../server/context.ts";
import { taskCreated, taskUpdated } from "../../server/domain/tasks/task.events.ts";
import { PermanentFailure } from "../../server/platform/jobs.ts";
import type { Scene } from "../../server/testing/scene.ts";
import { describeBrokers, openScene, ownPrefix, workersFor } from "../../server/testing/workers.ts";
import { type Consumer, defineConsumer } from "../consumer.ts";
import { dropDeadLetters, findDeadLetters, listDeadLetters, replayDeadLetters } from "./dead-letters.ts";

interface Effect {
  taskId: string;
  seq: number;
}

/** A scene with a table of effects, and a consumer that writes down each change of a task in its transaction. */
async function openLedger(env: Record<string, string>) {
  const scene = await openScene(env);
  await scene.app.sql.query("create table effects (n serial, task_id uuid, seq int)");
  const write = (ctx: PublicCtx, change: { entityId: string; seq: number }) =>
    ctx.sql.query("insert into effects (task_id, seq) values ($1, $2)", [change.entityId, change.seq]);
  const consumer = (parts: Partial<Consumer> = {}): Consumer => ({
    ...defineConsumer({
      name: "writer",
      on: [taskCreated, taskUpdated],
      maxAttempts: 3,
      timeoutMs: 2_000,
      handle: async (ctx, change) => void (await write(ctx, change)),
    }),
    ...parts,
  });
  const effects = (): Promise<Effect[]> =>
    scene.app.sql.query<Effect>(`select task_id as "taskId", seq from effects order by n`);
  const dead = () => listDeadLetters(scene.app.sql, null, 100);
  return { scene, write, consumer, effects, dead };
}

async function rename(scene: Scene, { owner, task }: Awaited<ReturnType<Scene["board"]>>, times: number) {
  for (let at = 0; at < times; at += 1) {
    await scene.caller(owner).tasks.update({ taskId: task.id, title: v7() });
  }
}

const seqs = (effects: readonly Effect[]) => effects.map(({ seq }) => seq);

describeBrokers("consumers", (env) => {
  test("what is published twice takes effect once", async () => {
    const { scene, consumer, effects } = await openLedger(env);
    await workersFor(scene, { prefix: ownPrefix(), consumers: [consumer()] });
    const board = await scene.board();
    await rename(scene, board, 4);
    await expect.poll(async () => seqs(await effects())).toEqual([1, 2, 3, 4, 5]);

    await scene.app.sql.query("update feed.relay_cursors set seq = 0");
    await rename(scene, board, 1);

    await expect.poll(async () => seqs(await effects())).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test("a failed attempt is undone, and holds back only the later changes of its task", async () => {
    const { scene, write, consumer, effects } = await openLedger(env);
    let failures = 2;
    const flaky = consumer({
      async handle(ctx, change) {
        await write(ctx, change);
        if (change.seq === 2 && failures-- > 0) throw new Error("not yet");
      },
    });
    await workersFor(scene, { prefix: ownPrefix(), consumers: [flaky], retryDelayMs: (attempt) => attempt * 100 });
    const board = await scene.board();
    await rename(scene, board, 3);
    const other = await scene.board();

    await expect.poll(async () => (await effects()).length, { timeout: 5_000 }).toBe(5);
    const found = await effects();
    expect(seqs(found.filter(({ taskId }) => taskId === board.task.id))).toEqual([1, 2, 3, 4]);
    const places = found.map(({ taskId, seq }) => `${taskId} ${seq}`);
    expect(places.indexOf(`${other.task.id} 1`)).toBeLessThan(places.indexOf(`${board.task.id} 2`));
  });

  test("what fails for good is a dead letter with its reason, and can be replayed or dropped", async () => {
    const { scene, write, consumer, effects, dead } = await openLedger(env);
    let isBroken = true;
    const attempts: number[] = [];
    const poisoned = consumer({
      async handle(ctx, change) {
        if (change.seq <= 2) attempts.push(change.seq);
        if (isBroken && change.seq === 1) throw new PermanentFailure("never");
        if (isBroken && change.seq === 2) throw new TypeError("bad soup");
        await write(ctx, change);
      },
    });
    await workersFor(scene, { prefix: ownPrefix(), consumers: [poisoned] });
    const board = await scene.board();
    await rename(scene, board, 2);

    await expect.poll(async () => seqs(await effects()), { timeout: 5_000 }).toEqual([3]);
    expect(attempts).toEqual([1, 2, 2, 2]);
    const letters = await dead();
    expect(letters).toMatchObject([
      { consumer: "writer", kind: "change", attempts: 3, reason: "bad soup", body: { seq: 2, type: "task.updated" } },
      { consumer: "writer", kind: "change", attempts: 1, reason: "never", body: { seq: 1, type: "task.created" } },
    ]);
    expect(letters[0]?.stack).toContain("TypeError: bad soup");

    isBroken = false;
    expect(await replayDeadLetters(scene.app.sql, { id: letters[0]?.id })).toBe(1);
    await expect.poll(async () => seqs(await effects())).toEqual([3, 2]);
    expect(await findDeadLetters(scene.app.sql, letters[0]?.id ?? "")).toEqual([]);
    expect(await dropDeadLetters(scene.app.sql, { consumer: "writer" })).toBe(1);
    expect(await dead()).toEqual([]);
  });

  test("an attempt that takes too long is undone and tried again", async () => {
    const { scene, write, consumer, effects } = await openLedger(env);
    let isSlow = true;
    const slow = consumer({
      timeoutMs: 200,
      async handle(ctx, change) {
        await write(ctx, change);
        if (!isSlow) return;
        isSlow = false;
        await new Promise(() => {});
      },
    });
    await workersFor(scene, { prefix: ownPrefix(), consumers: [slow] });
    await scene.board();
    await expect.poll(async () => seqs(await effects()), { timeout: 5_000 }).toEqual([1]);
    await expect
      .poll(() => scene.app.sql.query("select attempts from feed.inbox where done_at is not null"))
      .toEqual([{ attempts: 2 }]);
  });

  test("what was lost on its way is found and sent again", async () => {
    const { scene, consumer, effects } = await openLedger(env);
    const board = await scene.board();
    const [head] = await scene.app.sql.query<{ channel: string; seq: number }>("select channel, seq from feed.heads");
    await scene.app.sql.query(
      "insert into feed.consumers (name, began_at, reconciled_to) values ('writer', now() - interval '1 hour', now() - interval '1 hour')",
    );
    // As if it had been published, and confirmed, and the queue had vanished.
    await scene.app.sql.query("insert into feed.relay_cursors (channel, seq) values ($1, 1)", [head?.channel]);
    await workersFor(scene, {
      prefix: ownPrefix(),
      consumers: [consumer()],
      reconcileAfterMs: 300,
      reconcileEveryMs: 100,
    });
    await expect.poll(async () => seqs(await effects()), { timeout: 5_000 }).toEqual([1]);
    await rename(scene, board, 1);
    await expect.poll(async () => seqs(await effects())).toEqual([1, 2]);
  });

  test("a change that never arrived is handled before the next one of its task", async () => {
    const { scene, consumer, effects } = await openLedger(env);
    await workersFor(scene, { prefix: ownPrefix(), consumers: [consumer()] });
    const board = await scene.board();
    await expect.poll(async () => seqs(await effects())).toEqual([1]);
    const channel = `project:${board.project.id}`;
    await scene.app.sql.query(
      "update feed.relay_cursors set lease = gen_random_uuid(), leased_until = 'infinity' where channel = $1",
      [channel],
    );
    await rename(scene, board, 2);
    await scene.app.sql.query("update feed.relay_cursors set seq = 2, leased_until = null where channel = $1", [
      channel,
    ]);
    await expect.poll(async () => seqs(await effects())).toEqual([1, 2, 3]);
  });

  test("a new consumer hears what happens from its first start on; a stopped one misses nothing", async () => {
    const { scene, consumer, effects } = await openLedger(env);
    const prefix = ownPrefix();
    const board = await scene.board();
    const first = await workersFor(scene, { prefix, consumers: [consumer()] });
    await rename(scene, board, 1);
    await expect.poll(async () => seqs(await effects())).toEqual([2]);
    await first.stop();
    await rename(scene, board, 2);
    await workersFor(scene, { prefix, consumers: [consumer()] });
    await expect.poll(async () => seqs(await effects()), { timeout: 5_000 }).toEqual([2, 3, 4]);
  });

  test("several nodes share the work: each change once, each task in order", async () => {
    const { scene, write, consumer, effects } = await openLedger(env);
    const prefix = ownPrefix();
    let failures = 20;
    const flaky = consumer({
      maxAttempts: 50,
      async handle(ctx, change) {
        await write(ctx, change);
        if (Math.random() < 0.3 && failures-- > 0) throw new Error("not yet");
      },
    });
    for (let node = 0; node < 2; node += 1) await workersFor(scene, { prefix, consumers: [flaky] });
    const boards = await Promise.all([1, 2, 3, 4].map(() => scene.board()));
    await Promise.all(boards.map((board) => rename(scene, board, 20)));

    await expect.poll(async () => (await effects()).length, { timeout: 10_000 }).toBe(84);
    for (const { task } of boards) {
      const found = (await effects()).filter(({ taskId }) => taskId === task.id);
      expect(seqs(found)).toEqual(Array.from({ length: 21 }, (_, at) => at + 1));
    }
  });
});
