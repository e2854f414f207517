import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { createTaskwire } from "../../client/index.ts";
import { openNetwork } from "./network.ts";
import { test } from "./scene.ts";
import { ServerProcess } from "./server-process.ts";

const writers = 8;
const watchers = 20;

/** Sends new connections to the servers that say they are ready, as a balancer does that looks at `/health/ready`. */
async function openBalancer(servers: readonly ServerProcess[]) {
  const ready = new Set<ServerProcess>();
  const look = async (server: ServerProcess) => {
    const answer = await fetch(`http://127.0.0.1:${server.port}/health/ready`).catch(() => null);
    if (answer?.status === 200) ready.add(server);
    else ready.delete(server);
    await answer?.arrayBuffer();
  };
  await Promise.all(servers.map(look));
  const looking = setInterval(() => void Promise.all(servers.map(look)), 100);
  let turn = 0;
  const network = await openNetwork(() => {
    turn += 1;
    const chosen = [...ready];
    return (chosen[turn % chosen.length] as ServerProcess).port;
  });
  onTestFinished(async () => {
    clearInterval(looking);
    await network.close();
  });
  return { url: `http://127.0.0.1:${network.port}`, ready };
}

test("nodes restarted in turn under load: no request fails, no change is missed", async ({ scene }) => {
  const dataDir = await mkdtemp(join(tmpdir(), "taskwire-rolling-"));
  const { privateKey } = generateKeyPairSync("ed25519");
  const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const env = {
    NODE_ENV: "development",
    DRAIN_SECONDS: "2",
    DATABASE_URL: scene.app.config.DATABASE_URL as string,
    DATABASE_POOL_SIZE: "10",
    DATA_DIR: dataDir,
    JWT_PRIVATE_KEY: pem.replaceAll("\n", "\\n"),
    PUBLIC_URL: "http://taskwire.test",
    SEED_DEMO: "false",
    LOG_LEVEL: "error",
    RATE_LIMIT_PER_MINUTE: "1000000",
  };
  const servers = await Promise.all([ServerProcess.start(env), ServerProcess.start(env)]);
  onTestFinished(async () => {
    await Promise.all(servers.map((server) => server.stop()));
    await rm(dataDir, { recursive: true, force: true });
  });
  const { url, ready } = await openBalancer(servers);
  const password = "seven green horses";
  const { project } = await scene.project();
  const channel = `project:${project.id}` as const;

  const tokens = await Promise.all(
    Array.from({ length: writers + watchers }, async (_, at) => {
      const { email, ...actor } = await scene.person();
      await scene.app.sql.query(
        `insert into organizations.members (id, organization_id, user_id, role, created_at, updated_at)
         values (gen_random_uuid(), $1, $2, 'admin', now(), now())`,
        [project.organizationId, actor.userId],
      );
      await scene.app.sql.query("update auth.users set password_hash = $2 where id = $1", [
        actor.userId,
        await scene.app.passwords.hash(password),
      ]);
      const answer = await fetch(`http://127.0.0.1:${servers[at % 2]?.port}/api/v1/auth/login/`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ username: email, password }),
      });
      return ((await answer.json()) as { access: string }).access;
    }),
  );

  const people = tokens.slice(writers).map((token) => createTaskwire({ url, getToken: () => token }));
  onTestFinished(() => {
    for (const person of people) person.close();
  });
  const stores = people.map(({ live }) => live(channel));
  const heard = stores.map((store) => {
    const seqs: number[] = [];
    store.on("change", ({ seq }) => seqs.push(seq));
    return seqs;
  });
  let resets = 0;
  for (const store of stores) store.on("reset", () => (resets += 1));
  await Promise.all(stores.map(({ ready }) => ready));

  // Plain requests, each sent once: whatever fails is seen.
  const failed: unknown[] = [];
  const created: string[] = [];
  let isOver = false;
  const write = async (token: string) => {
    for (let at = 0; !isOver; at += 1) {
      try {
        const answer = await fetch(`${url}/api/v1/projects/${project.id}/tasks`, {
          method: "POST",
          headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
          body: JSON.stringify({ title: `Task ${at}` }),
        });
        const body = (await answer.json()) as { id: string };
        if (answer.status === 200) created.push(body.id);
        else failed.push(body);
      } catch (error) {
        failed.push(error);
      }
    }
  };
  const writing = Promise.all(tokens.slice(0, writers).map(write));
  const someMore = async () => {
    const before = created.length;
    await expect.poll(() => created.length, { timeout: 60_000 }).toBeGreaterThan(before + 25);
  };
  for (const server of servers) {
    await someMore();
    await server.stop();
    await someMore();
    await server.start();
    await expect.poll(() => ready.size).toBe(servers.length);
  }
  await someMore();
  isOver = true;
  await writing;

  expect(failed).toEqual([]);
  const feed = await scene.changes(channel);
  expect(
    feed
      .filter(({ type }) => type === "task.created")
      .map(({ entityId }) => entityId)
      .sort(),
  ).toEqual(created.sort());
  await expect.poll(() => stores.filter(({ seq }) => seq < feed.length).length, { timeout: 60_000 }).toBe(0);
  for (const seqs of heard) expect(seqs).toEqual(feed.map(({ seq }) => seq).slice(-seqs.length));
  expect(resets).toBe(watchers); // nobody had to begin anew
}, 180_000);
