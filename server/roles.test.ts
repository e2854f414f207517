import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import sharp from "sharp";
import { expect, onTestFinished, test } from "vitest";
import { createTaskwire } from "../client/index.ts";
import { consumers } from "../workers/catalogue.ts";
import { canStartRabbitMq, RabbitMqServer } from "./testing/rabbitmq-server.ts";
import { ServerProcess } from "./testing/server-process.ts";
import { cloneDatabase } from "./testing/services.ts";

/** A process with some of the roles, until the test ends. */
async function startWith(env: Record<string, string>): Promise<ServerProcess> {
  const server = await ServerProcess.start({ NODE_ENV: "test", LOG_LEVEL: "fatal", ...env });
  onTestFinished(() => server.stop());
  return server;
}

/** An empty database and an empty folder, until the test ends. */
async function freshData(): Promise<{ DATABASE_URL: string; DATA_DIR: string }> {
  const database = await cloneDatabase();
  const dataDir = await mkdtemp(join(tmpdir(), "taskwire-roles-"));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  onTestFinished(() => database.drop());
  return { DATABASE_URL: database.url, DATA_DIR: dataDir };
}

async function requestAndWork(env: Record<string, string>): Promise<void> {
  const shared = { ...(await freshData()), SEED_DEMO: "true", ...env };
  const api = await startWith({ ...shared, ROLES: "api" });
  const url = `http://127.0.0.1:${api.port}`;
  const visitor = createTaskwire({ url, getToken: () => null });
  const { access } = await visitor.api.auth.login.mutate({
    username: "ada@example.com",
    password: "taskwire-demo",
  });
  const ada = createTaskwire({ url, getToken: () => access });
  onTestFinished(() => {
    visitor.close();
    ada.close();
  });
  const { items: projects } = await ada.api.projects.list.query({});
  const form = new FormData();
  form.append("projectId", projects[0]?.id as string);
  const drawn = sharp({ create: { width: 40, height: 30, channels: 3, background: "#336699" } }).png();
  form.append("file", new Blob([new Uint8Array(await drawn.toBuffer())]), "a.png");
  const headers = { authorization: `Bearer ${access}` };
  const sent = await fetch(`${url}/files`, { method: "POST", headers, body: form });
  const { id: fileId } = (await sent.json()) as { id: string };
  expect((await ada.api.files.thumbnails.query({ fileIds: [fileId] })).items).toEqual([]);

  const others = await startWith({ ...shared, ROLES: "workers", WORKERS: "clean-up" });
  const workers = await startWith({ ...shared, ROLES: "workers", WORKERS: "clean-up,file" });
  const thumbnails = async () => (await ada.api.files.thumbnails.query({ fileIds: [fileId] })).items.length;
  await expect.poll(thumbnails, { timeout: 20_000 }).toBe(1);
  expect((await fetch(`http://127.0.0.1:${workers.port}/health/ready`)).status).toBe(200);
  expect((await fetch(`http://127.0.0.1:${workers.port}/metrics`)).status).toBe(200);
  const call = await fetch(`http://127.0.0.1:${workers.port}/api/v1/projects`, { headers });
  expect(call.status).toBe(404);
  for (const process of [others, workers, api]) {
    await process.stop();
    expect(process.exitCode).toBe(0);
  }
}

test("a process answers requests, another one does the work that they cause", () => requestAndWork({}), 60_000);

test.skipIf(!canStartRabbitMq)(
  "the same over RabbitMQ",
  async () => {
    const rabbit = await RabbitMqServer.start();
    onTestFinished(() => rabbit.remove());
    await requestAndWork({ AMQP_URL: rabbit.url });
  },
  120_000,
);

test("what happens before workers ever started is owed to them", async () => {
  const data = await freshData();
  await startWith({ ...data, ROLES: "api" });
  const client = new Client(data.DATABASE_URL);
  await client.connect();
  const { rows } = await client.query<{ name: string }>("select name from feed.consumers order by name");
  await client.end();
  expect(rows.map(({ name }) => name)).toEqual(consumers.map(({ name }) => name).sort());
});
