import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, onTestFinished } from "vitest";
import { createTaskwire } from "../../client/index.ts";
import { test } from "./scene.ts";
import { ServerProcess } from "./server-process.ts";

interface Span {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
}

/** A collector: takes OTLP over HTTP in JSON (https://opentelemetry.io/docs/specs/otlp/#otlphttp). */
async function openCollector() {
  const spans: Span[] = [];
  const server = createServer(async (req, res) => {
    const body = JSON.parse(await text(req)) as { resourceSpans: { scopeSpans: { spans: Span[] }[] }[] };
    spans.push(...body.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)));
    res.setHeader("content-type", "application/json").end("{}");
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, spans };
}

test("one trace goes from a request through the feed to consumers and sockets, and no client sees it", async ({
  scene,
}) => {
  const collector = await openCollector();
  const dataDir = await mkdtemp(join(tmpdir(), "taskwire-tracing-"));
  const server = await ServerProcess.start({
    NODE_ENV: "development",
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    DATABASE_URL: scene.app.config.DATABASE_URL as string,
    DATA_DIR: dataDir,
    SEED_DEMO: "false",
    LOG_LEVEL: "error",
  });
  onTestFinished(async () => {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  });
  const url = `http://127.0.0.1:${server.port}`;
  const { project } = await scene.project();
  const person = await scene.personWith("manager", project);
  const password = "seven green horses";
  await scene.app.sql.query("update auth.users set password_hash = $2 where id = $1", [
    person.userId,
    await scene.app.passwords.hash(password),
  ]);
  const [account] = await scene.app.sql.query<{ email: string }>("select email from auth.users where id = $1", [
    person.userId,
  ]);
  const visitor = createTaskwire({ url, getToken: () => null });
  const { access } = await visitor.api.auth.login.mutate({ username: account?.email as string, password });
  const { live, close } = createTaskwire({ url, getToken: () => access });
  onTestFinished(close);
  const store = live(`project:${project.id}`);
  await store.ready;
  const heard: object[] = [];
  store.on("change", (change) => heard.push(change));

  const traceId = "0af7651916cd43dd8448eb211c80319c";
  const answer = await fetch(`${url}/api/v1/projects/${project.id}/tasks`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${access}`,
      "content-type": "application/json",
      traceparent: `00-${traceId}-b7ad6b7169203331-01`,
    },
    body: JSON.stringify({ title: "Traced", assigneeIds: [person.userId] }),
  });
  expect(answer.status).toBe(200);

  const ours = () => collector.spans.filter((span) => span.traceId === traceId);
  const wanted = ["POST request", "tasks.create", "transaction", "feed.append", "socket.emit", "notification.tell"];
  await expect
    .poll(() => wanted.filter((name) => !ours().some((span) => span.name.startsWith(name))), { timeout: 60_000 })
    .toEqual([]);
  const named = (name: string) => ours().find((span) => span.name.startsWith(name)) as Span;
  expect(named("POST request").parentSpanId).toBe("b7ad6b7169203331");
  expect(named("tasks.create").parentSpanId).toBe(named("POST request").spanId);
  expect(named("socket.emit").parentSpanId).toBe(named("feed.append").spanId);
  await expect.poll(() => heard.length).toBeGreaterThan(0);
  expect(JSON.stringify(heard)).not.toContain(traceId);
  const pulled = await fetch(`${url}/api/v1/sync/project:${project.id}/changes?since=0`, {
    headers: { authorization: `Bearer ${access}` },
  });
  expect(await pulled.text()).not.toContain(traceId);
});
