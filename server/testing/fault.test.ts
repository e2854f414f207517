import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTaskwire, errorOf, type LiveStore, type Taskwire } from "../../client/index.ts";
import { readConfig } from "../config.ts";
import { contextOf } from "../context.ts";
import { takeSnapshot } from "../domain/snapshots.ts";
import { openApp } from "../open-app.ts";
import { type Network, openNetwork } from "./network.ts";
import { Scene } from "./scene.ts";
import { ServerProcess } from "./server-process.ts";
import { cloneDatabase, describeWith } from "./services.ts";

const clients = 50;
const writers = 10;
const writesEach = 40;

/** Two nodes behind a balancer; both are killed and connections are cut while people write. */
describeWith("redis", "Nothing is lost by faults", (redisUrl) => {
  const closers: (() => unknown)[] = [];
  let scene: Scene;
  let network: Network;
  let servers: ServerProcess[];

  beforeAll(async () => {
    const clone = await cloneDatabase();
    const dataDir = await mkdtemp(join(tmpdir(), "taskwire-fault-"));
    const { privateKey } = generateKeyPairSync("ed25519");
    const env = {
      NODE_ENV: "development",
      DATABASE_URL: clone.url,
      DATABASE_POOL_SIZE: "10",
      REDIS_URL: redisUrl,
      DATA_DIR: dataDir,
      JWT_PRIVATE_KEY: privateKey.export({ type: "pkcs8", format: "pem" }).toString().replaceAll("\n", "\\n"),
      PUBLIC_URL: "http://taskwire.test",
      SEED_DEMO: "false",
      LOG_LEVEL: "error",
      RATE_LIMIT_PER_MINUTE: "1000000",
    };
    const { app, close } = await openApp(readConfig({ ...env, REDIS_URL: undefined }), clone.url);
    scene = new Scene(app);
    servers = await Promise.all([ServerProcess.start(env), ServerProcess.start(env)]);
    let turn = 0;
    network = await openNetwork(() => {
      turn += 1;
      const up = servers.filter(({ isUp }) => isUp);
      return (up[turn % up.length] ?? servers[0])?.port as number;
    });
    closers.push(
      close,
      () => clone.drop(),
      () => rm(dataDir, { recursive: true, force: true }),
    );
    closers.unshift(() => network.close(), ...servers.map((server) => () => server.stop()));
  }, 120_000);
  afterAll(async () => {
    for (const close of closers) await close();
  });

  test("50 clients miss nothing, hear nothing twice, and no acknowledged write is lost", async () => {
    const { project, todo, doing, done, owner } = await scene.project();
    const channel = `project:${project.id}` as const;
    const people: Taskwire[] = [];
    for (let at = 0; at < clients; at += 1) {
      const actor = await scene.personWith("editor", project);
      const { token } = await scene.app.tokens.mint(actor, crypto.randomUUID(), new Date());
      people.push(createTaskwire({ url: `http://127.0.0.1:${network.port}`, getToken: () => token, maxAttempts: 30 }));
    }
    const stores = people.map(({ live }) => live(channel));
    const heard = stores.map((store) => {
      const changes: { seq: number; id: string }[] = [];
      store.on("change", ({ seq, id }) => changes.push({ seq, id }));
      return changes;
    });
    let resets = 0;
    for (const store of stores) store.on("reset", () => (resets += 1));
    await Promise.all(stores.map(({ ready }) => ready));
    expect(resets).toBe(clients);

    // Every write that was acknowledged, as it was acknowledged.
    const acknowledged: { id: string; version: number; title: string }[] = [];
    const refused: string[] = [];
    let progress = 0;
    const statuses = [todo.id, doing.id, done.id];
    const writer = async ({ api }: Taskwire, store: LiveStore, name: number) => {
      for (let at = 0; at < writesEach; at += 1) {
        const title = `Task ${name}/${at}`;
        const statusId = statuses[at % 3] as string;
        const task = [...store.entities.task.values()][(at * 7) % Math.max(store.entities.task.size, 1)];
        try {
          const input = { projectId: project.id, title, statusId };
          if (at % 3 === 0 || !task) acknowledged.push(await api.tasks.create.mutate(input));
          else if (at % 3 === 1)
            acknowledged.push(await api.tasks.update.mutate({ taskId: task.id, title: `${title}, once ${task.key}` }));
          else
            acknowledged.push(
              await api.tasks.move.mutate({ taskId: task.id, toStatusId: statusId, afterTaskId: null }),
            );
          // Rolled back after it was numbered: its parent is of nowhere.
          if (at % 5 === 0) await api.tasks.create.mutate({ ...input, title: "never", parentId: crypto.randomUUID() });
        } catch (error) {
          refused.push(errorOf(error).error);
        }
        progress += 1;
      }
    };
    const working = Promise.all(
      people.slice(0, writers).map((person, at) => writer(person, stores[at] as LiveStore, at)),
    );

    // Faults come with the progress of the work, not with time.
    const total = writers * writesEach;
    const reached = (share: number) =>
      expect.poll(() => progress, { timeout: 120_000, interval: 10 }).toBeGreaterThanOrEqual(total * share);
    for (const [at, share] of [0.1, 0.25, 0.4, 0.55, 0.7, 0.85].entries()) {
      await reached(share);
      network.cut();
      const victim = servers[at % 2] as ServerProcess;
      await victim.kill();
      network.cut();
      await victim.start();
    }
    await working;

    const snapshot = await takeSnapshot(
      contextOf(scene.app, owner, { requestId: "fault", ip: "127.0.0.1", userAgent: "test" }),
      channel,
    );
    const feed = await scene.changes(channel);
    expect(feed.map(({ seq }) => seq)).toEqual(feed.map((_, at) => at + 1));
    await expect.poll(() => stores.filter(({ seq }) => seq < snapshot.seq).length, { timeout: 120_000 }).toBe(0);

    const truth = Object.fromEntries(snapshot.entities.task?.map((task) => [task.id, task]) ?? []);
    for (const [at, store] of stores.entries()) {
      expect(heard[at]?.map(({ seq }) => seq)).toEqual(feed.map(({ seq }) => seq)); // none missing, doubled or out of order
      expect(heard[at]?.map(({ id }) => id)).toEqual(feed.map(({ id }) => id)); // none that was rolled back
      expect(Object.fromEntries(store.entities.task)).toEqual(truth);
    }
    const stored = new Map(feed.map((change) => [`${change.entityId} ${change.patch["version"]}`, change]));
    for (const { id, version } of acknowledged) expect(stored.has(`${id} ${version}`)).toBe(true);
    const titles = feed.filter(({ type }) => type === "task.created").map(({ patch }) => patch["title"]);
    expect(new Set(titles).size).toBe(titles.length); // none acted twice
    const numbers = Object.values(truth)
      .map(({ number }) => number)
      .sort((a, b) => a - b);
    expect(numbers).toEqual(numbers.map((_, at) => at + 1));
    expect(new Set(refused)).toEqual(new Set(["validation.failed"]));
    expect(acknowledged.length).toBe(total);
    for (const person of people) person.close();
  }, 300_000);
});
