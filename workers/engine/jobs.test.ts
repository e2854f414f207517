import { expect, test } from "vitest";
import { z } from "zod";
import { declareJob, enqueue, PermanentFailure } from "../../server/platform/jobs.ts";
import type { Scene } from "../../server/testing/scene.ts";
import { describeBrokers, openScene, ownPrefix, workersFor } from "../../server/testing/workers.ts";
import { inTransaction } from "../../server/transaction.ts";
import { handleJob, type JobHandler } from "../job.ts";
import { listDeadLetters, replayDeadLetters } from "./dead-letters.ts";

const send = declareJob({ name: "letter.send", input: z.strictObject({ to: z.string() }) });

const sending = (handle: JobHandler["handle"], parts: Partial<JobHandler> = {}): JobHandler => ({
  ...handleJob(send, { maxAttempts: 3, timeoutMs: 2_000, handle }),
  ...parts,
});
const post = (scene: Scene, to: string, options?: Parameters<typeof enqueue>[3]) =>
  inTransaction(scene.ctx(null), async (ctx) => enqueue(ctx, send, { to }, options));
const waiting = (scene: Scene) => scene.app.sql.query("select name from feed.jobs");

describeBrokers("jobs", (env) => {
  test("a job that fails is tried again, then given up with its reason; others pass it", async () => {
    const scene = await openScene(env);
    const seen: string[] = [];
    let isBroken = true;
    const job = sending(async (_, input, { attempt }) => {
      const { to } = input as { to: string };
      seen.push(`${to} ${attempt}`);
      if (to === "nowhere" && isBroken) throw new RangeError("no such place", { cause: new Error("no map") });
      if (to === "never" && isBroken) throw new PermanentFailure("refused");
    });
    await workersFor(scene, { prefix: ownPrefix(), jobs: [job] });
    for (const to of ["nowhere", "never", "Ada"]) await post(scene, to);

    await expect.poll(() => waiting(scene), { timeout: 5_000 }).toEqual([]);
    expect(seen.filter((line) => !line.startsWith("nowhere")).sort()).toEqual(["Ada 1", "never 1"]);
    expect(seen.filter((line) => line.startsWith("nowhere"))).toEqual(["nowhere 1", "nowhere 2", "nowhere 3"]);
    const letters = await listDeadLetters(scene.app.sql, "letter.send", 10);
    expect(letters.map(({ reason, attempts, body }) => [reason, attempts, body])).toEqual([
      ["no such place", 3, { to: "nowhere" }],
      ["refused", 1, { to: "never" }],
    ]);
    expect(letters[0]?.stack).toMatch(/^RangeError: no such place\n +at .*\nCaused by: Error: no map\n +at /s);

    isBroken = false;
    expect(await replayDeadLetters(scene.app.sql, { consumer: "letter.send" })).toBe(2);
    await expect.poll(() => seen.slice(5).sort()).toEqual(["never 1", "nowhere 1"]);
  });

  test("a job whose stored input no longer fits is tried as any that fails", async () => {
    const scene = await openScene(env);
    await scene.app.sql.query(
      "insert into feed.jobs (id, name, input, due_at) values (gen_random_uuid(), 'letter.send', '{}', now())",
    );
    await workersFor(scene, { prefix: ownPrefix(), jobs: [sending(async () => {}, { maxAttempts: 1 })] });
    await expect.poll(() => listDeadLetters(scene.app.sql, null, 10)).toMatchObject([{ attempts: 1 }]);
  });

  test("a key lets one job wait, and a later time holds it back", async () => {
    const scene = await openScene(env);
    const seen: string[] = [];
    const key = "daily";
    const runAt = new Date(Date.now() + 3_600_000);
    await post(scene, "first", { key, runAt });
    await post(scene, "second", { key, runAt });
    await workersFor(scene, {
      prefix: ownPrefix(),
      jobs: [sending(async (_, input) => void seen.push((input as { to: string }).to))],
    });
    await post(scene, "other");
    await expect.poll(() => seen).toEqual(["other"]);
    await scene.app.sql.query("update feed.jobs set due_at = now(), not_before = null"); // the hour has passed
    await expect.poll(() => seen).toEqual(["other", "first"]);
    await expect.poll(() => waiting(scene)).toEqual([]);
    await post(scene, "third", { key });
    await expect.poll(() => seen).toEqual(["other", "first", "third"]);
  });

  test("a job that finishes within its own transaction acts once, whatever fails after that", async () => {
    const scene = await openScene(env);
    await scene.app.sql.query("create table sent (name text)");
    let runs = 0;
    const job = sending(async (ctx, _, meta) => {
      runs += 1;
      await inTransaction(ctx, async (ctx) => {
        await ctx.sql.query("insert into sent values ('one')");
        meta.finish(ctx);
      });
      throw new Error("too late to matter");
    });
    await workersFor(scene, { prefix: ownPrefix(), jobs: [job] });
    await post(scene, "Ada");
    await expect.poll(() => waiting(scene)).toEqual([]);
    await post(scene, "Bob");
    await expect.poll(() => runs).toBe(2);
    await expect.poll(() => scene.app.sql.query("select name from sent")).toHaveLength(2);
  });

  test("a job that takes too long is told so and tried again", async () => {
    const scene = await openScene(env);
    const reasons: string[] = [];
    const job = sending(
      (_, __, { attempt, signal }) =>
        new Promise((done) => {
          if (attempt === 2) return done();
          signal.addEventListener("abort", () => reasons.push(String(signal.reason)));
        }),
      { timeoutMs: 150 },
    );
    await workersFor(scene, { prefix: ownPrefix(), jobs: [job] });
    await post(scene, "Ada");
    await expect.poll(() => waiting(scene), { timeout: 5_000 }).toEqual([]);
    expect(reasons).toEqual(["TimedOut: took longer than 150 ms"]);
  });

  test("at the end a running job is waited for, and one that takes too long goes to another node", async () => {
    const scene = await openScene(env);
    const prefix = ownPrefix();
    const seen: string[] = [];
    const hung = new Set<() => void>();
    const on = (node: string) =>
      sending(async (_, input, { attempt }) => {
        const { to } = input as { to: string };
        seen.push(`${node} ${to} ${attempt}`);
        if (node === "a" && to === "long") await new Promise<void>((release) => hung.add(release));
        if (to === "short") await new Promise((done) => setTimeout(done, 100));
        seen.push(`${to} done`);
      });
    const first = await workersFor(scene, { prefix, jobs: [on("a")], drainMs: 400 });
    await post(scene, "long");
    await post(scene, "short");
    await expect.poll(() => seen.length).toBe(2);
    const stopped = first.stop();
    await workersFor(scene, { prefix, jobs: [on("b")] });
    await stopped;
    await expect.poll(() => waiting(scene), { timeout: 5_000 }).toEqual([]);
    expect(seen.toSorted()).toEqual(["a long 1", "a short 1", "b long 1", "long done", "short done"]);
  });

  test("a node runs only what it is told to", async () => {
    const scene = await openScene(env);
    const seen: string[] = [];
    const parse = declareJob({ name: "file.parse", input: z.strictObject({}) });
    const jobs = [
      sending(async () => void seen.push("letter.send")),
      handleJob(parse, { maxAttempts: 1, timeoutMs: 1_000, handle: async () => void seen.push("file.parse") }),
    ];
    const prefix = ownPrefix();
    await workersFor(scene, { prefix, jobs, only: ["letter"] });
    await inTransaction(scene.ctx(null), async (ctx) => {
      enqueue(ctx, parse, {});
      enqueue(ctx, send, { to: "Ada" });
    });
    await expect.poll(() => seen).toEqual(["letter.send"]);
    await workersFor(scene, { prefix, jobs, only: ["file"] });
    await expect.poll(() => seen).toEqual(["letter.send", "file.parse"]);
  });
});
