import { type AddressInfo, connect, createServer } from "node:net";
import { expect, onTestFinished } from "vitest";
import { readConfig } from "./config.ts";
import { type Ctx, contextOf } from "./context.ts";
import { record } from "./domain/change.ts";
import { labelUpdated } from "./domain/projects/project.events.ts";
import type { LabelView } from "./domain/projects/project.view.ts";
import { toAppError } from "./errors.ts";
import { openApp } from "./open-app.ts";
import { statement } from "./platform/sql.ts";
import { type Scene, test } from "./testing/scene.ts";
import { inSnapshot, inTransaction, write } from "./transaction.ts";

const origin = { requestId: "test", ip: "127.0.0.1", userAgent: "vitest" };

/** A label whose name changes; `fail` may throw in the midst of it. */
const rename = (ctx: Ctx, label: LabelView, name: string, fail: () => void = () => {}) =>
  inTransaction(ctx, async (ctx) => {
    await ctx.sql.query("update projects.labels set name = $2 where id = $1", [label.id, name]);
    fail();
    return record(ctx, labelUpdated, label, { ...label, name, version: label.version + 1 });
  });

async function labelOf(scene: Scene) {
  const { owner, project } = await scene.project();
  const label = await scene.caller(owner).labels.create({ projectId: project.id, name: "Old", color: "#112233" });
  const channel = `project:${project.id}` as const;
  const stored = async () => {
    const [row] = await scene.app.sql.query<{ name: string }>("select name from projects.labels where id = $1", [
      label.id,
    ]);
    return {
      name: row?.name,
      facts: (await scene.changes(channel)).filter(({ type }) => type === "label.updated").length,
    };
  };
  return { owner, label, channel, stored };
}

test("what fails half-way leaves nothing behind and tells nobody", async ({ scene }) => {
  const { owner, label, stored } = await labelOf(scene);
  const told: unknown[] = [];
  const unsubscribe = scene.app.hub.subscribe((changes) => told.push(...changes));
  const failing = rename(scene.ctx(owner), label, "New", () => {
    throw new Error("half-way");
  });
  await expect(failing).rejects.toThrow("half-way");
  unsubscribe();
  expect(await stored()).toEqual({ name: "Old", facts: 0 });
  expect(told).toEqual([]);
});

/** Two statements on their way together, of which the first fails and is heard of last. */
async function failTogether({ sql }: Ctx, sqlstate: string) {
  const raise = `do $$ begin raise exception using errcode = '${sqlstate}'; end $$`;
  const slow = sql.query(raise).finally(() => new Promise(setImmediate));
  await Promise.all([slow, sql.query("select 1")]);
}

test.for([
  ["55P03", "conflict"],
  ["23505", "conflict"],
  ["57014", "upstream.down"],
  ["53100", "upstream.down"],
] as const)(
  "a failure %s is told as %s, not as that of a statement sent after it",
  async ([sqlstate, code], { scene }) => {
    const ctx = scene.ctx((await scene.organization()).owner);
    for (const begin of [inTransaction, inSnapshot] as const) {
      const failed = await begin(ctx, (ctx) => failTogether(ctx, sqlstate)).catch(toAppError);
      expect(failed).toMatchObject({ code });
    }
  },
);

test("a serialization failure among statements sent together runs the work again", async ({ scene }) => {
  let attempts = 0;
  await inTransaction(scene.ctx((await scene.organization()).owner), async (ctx) => {
    attempts += 1;
    if (attempts === 1) await failTogether(ctx, "40001");
  });
  expect(attempts).toBe(2);
});

test("a branch of the work that outlives its failure writes nothing more", async ({ scene }) => {
  const { owner, label, stored } = await labelOf(scene);
  let late: Promise<unknown> = Promise.resolve();
  const failing = inTransaction(scene.ctx(owner), async (ctx) => {
    let failed: () => void = () => {};
    const rolledBack = new Promise<void>((done) => {
      failed = done;
    });
    late = rolledBack.then(() => ctx.sql.query("update projects.labels set name = 'Late' where id = $1", [label.id]));
    late.catch(() => {}); // looked at below
    await ctx.sql.query("select 1");
    queueMicrotask(failed);
    throw new Error("refused");
  });
  await expect(failing).rejects.toThrow("refused");
  await expect(late).rejects.toThrow("ended");
  expect(await stored()).toEqual({ name: "Old", facts: 0 });
});

test("listeners hear a change only when everybody can read it", async ({ scene }) => {
  const { owner, label, channel } = await labelOf(scene);
  const readable = new Promise((heard) => {
    onTestFinished(scene.app.hub.subscribe(([change]) => heard(scene.changes(channel, (change?.seq ?? 0) - 1))));
  });
  await rename(scene.ctx(owner), label, "New");
  expect(await readable).toMatchObject([{ type: "label.updated", patch: { name: "New" } }]);
});

test("a deadlock runs the work again, and both succeed", async ({ scene }) => {
  const { owner } = await scene.organization();
  const ids = [owner.userId, (await scene.person()).userId];
  const met = [0, 0];
  const crosswise = (order: string[], at: number) =>
    inTransaction(scene.ctx(owner), async (ctx) => {
      const [first, second] = order;
      await ctx.sql.query("select from auth.users where id = $1 for update", [first]);
      met[at] = (met[at] ?? 0) + 1;
      if (met[at] === 1) await expect.poll(() => met[1 - at]).toBeGreaterThan(0);
      await ctx.sql.query("select from auth.users where id = $1 for update", [second]);
      return at;
    });
  expect(await Promise.all([crosswise(ids, 0), crosswise([...ids].reverse(), 1)])).toEqual([0, 1]);
  expect((met[0] ?? 0) + (met[1] ?? 0)).toBeGreaterThan(2); // who comes again may be faster than who waits
});

const sleepStatement = statement("test.sleep", "select pg_sleep(60)");

test("a statement that outlasts its time beside COMMIT fails there and then, and leaves nothing", async ({ scene }) => {
  const { owner, label, stored } = await labelOf(scene);
  const slow = inTransaction(scene.ctx(owner), async (ctx) => {
    const renamed = await rename(ctx, label, "New");
    await ctx.sql.query("set local statement_timeout = 50");
    write(ctx, sleepStatement, []);
    return renamed;
  });
  const failed = await slow.catch(toAppError);
  expect(failed).toMatchObject({ code: "upstream.down", details: { retry: true } });
  expect(failed).not.toHaveProperty("details.outcome"); // it is known
  expect(await stored()).toEqual({ name: "Old", facts: 0 });
});

/** A way to the database that breaks at a COMMIT: before it arrives, or before its answer comes back. */
async function breakingAtCommit(url: string, moment: "before" | "after") {
  const target = new URL(url);
  let armed = false;
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    const end = () => {
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) socket.on("error", end).on("close", end);
    let answers = true;
    near.on("data", (chunk) => {
      if (armed && chunk.includes("commit\0")) {
        armed = false;
        answers = false;
        if (moment === "before") return end();
        far.once("data", end); // it was done; its answer is lost
      }
      far.write(chunk);
    });
    far.on("data", (chunk) => answers && near.write(chunk));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const proxied = Object.assign(new URL(url), {
    hostname: "127.0.0.1",
    port: String((server.address() as AddressInfo).port),
  });
  onTestFinished(() => void server.close());
  return {
    url: proxied.href,
    arm: () => {
      armed = true;
    },
  };
}

test.for([
  ["after", true],
  ["before", false],
] as const)("a connection lost %s the COMMIT arrived is settled by looking", async ([moment, committed], { scene }) => {
  const { owner, label, stored } = await labelOf(scene);
  const way = await breakingAtCommit(scene.app.config.DATABASE_URL as string, moment);
  const config = readConfig({ NODE_ENV: "test", LOG_LEVEL: "silent", DATABASE_URL: way.url });
  const { app, close } = await openApp(config, way.url);
  onTestFinished(close);
  way.arm();
  const renamed = rename(contextOf(app, owner, origin), label, "New");
  if (committed) await expect(renamed).resolves.toMatchObject({ name: "New" });
  else await expect(renamed).rejects.toMatchObject({ code: "upstream.down", details: { outcome: "nothing" } });
  expect(await stored()).toEqual(committed ? { name: "New", facts: 1 } : { name: "Old", facts: 0 });
});
