import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { createApi } from "./api.ts";
import { errorOf } from "./errors.ts";
import type { GetToken } from "./token.ts";

interface Received {
  method: string;
  path: string;
  token: string | undefined;
  body: Record<string, unknown>;
}
type Answer = (response: ServerResponse, request: IncomingMessage) => void;

const json =
  (status: number, body: unknown): Answer =>
  (response) =>
    void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
const result = (data: unknown) => json(200, { result: { data } });
const failure = (status: number, error: string, details = {}) =>
  json(status, { error: { code: -32000, message: error, data: { error, message: error, details } } });
const hangUp: Answer = (_, request) => request.socket.destroy();
const badGateway: Answer = (response) =>
  void response.writeHead(502, { "content-type": "text/html" }).end("<h1>Bad Gateway</h1>");

/** A server that gives these answers, one after the other, to a client. */
async function buildServer(answers: Answer[], getToken: GetToken = () => "token") {
  const received: Received[] = [];
  const http = createServer(async (request, response) => {
    let body = "";
    for await (const part of request) body += part;
    const { pathname } = new URL(request.url!, "http://localhost");
    received.push({
      method: request.method!,
      path: pathname,
      token: request.headers.authorization,
      body: body ? JSON.parse(body) : {},
    });
    answers.shift()?.(response, request);
  });
  await new Promise<void>((listening) => http.listen(0, "127.0.0.1", listening));
  onTestFinished(() => {
    http.close();
    http.closeAllConnections();
  });
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  return { received, api: createApi({ url, getToken, maxAttempts: 3, timeoutMs: 300 }) };
}

const move = { taskId: "t", toStatusId: "s", afterTaskId: null };
const noAnswer: Answer = () => {};

test("a mutation carries a mutationId, its own or the caller's", async () => {
  const { api, received } = await buildServer([result({}), result({})]);

  await api.tasks.move.mutate(move);
  await api.tasks.move.mutate({ ...move, mutationId: "mine" });

  expect(received[0]).toMatchObject({ method: "POST", path: "/trpc/tasks.move", token: "Bearer token", body: move });
  expect(received.map(({ body }) => body["mutationId"])).toEqual([expect.stringMatching(/^[\da-f-]{36}$/), "mine"]);
});

test.each([
  ["the connection breaks", hangUp],
  ["a proxy answers for the server", badGateway],
  ["no answer comes in time", noAnswer],
  ["the server asks for another try", failure(503, "upstream.down", { retry: true })],
])("when %s, a mutation is sent again with the same mutationId", async (_, answer) => {
  const { api, received } = await buildServer([answer, result({ id: "t" })]);

  await expect(api.tasks.move.mutate(move)).resolves.toEqual({ id: "t" });

  expect(received).toHaveLength(2);
  expect(received[1]).toEqual(received[0]);
});

test("a mutation gives up after so many attempts, with network", async () => {
  const { api, received } = await buildServer([hangUp, badGateway, hangUp]);

  const thrown = await api.tasks.move.mutate(move).catch(errorOf);

  expect(thrown).toMatchObject({ name: "TaskwireError", error: "network" });
  expect(received).toHaveLength(3);
});

test("a refusal is no failure of the network: it is told at once, with what it carries", async () => {
  const current = { id: "t", version: 7 };
  const { api, received } = await buildServer([failure(409, "stale", { current })]);

  expect(await api.tasks.move.mutate(move).catch(errorOf)).toMatchObject({ error: "stale", details: { current } });
  expect(received).toHaveLength(1);
});

test("without a person, nobody would remember the mutationId: it is sent once", async () => {
  const { api, received } = await buildServer([hangUp, result({})], () => null);

  expect(await api.auth.login.mutate({ username: "a@b.c", password: "…" }).catch(errorOf)).toMatchObject({
    error: "network",
  });
  expect(received).toMatchObject([{ token: undefined }]);
});

test("an expired token is exchanged for a fresh one, once", async () => {
  const expired = failure(401, "auth.expired");
  const getToken: GetToken = ({ fresh }) => (fresh ? "fresh" : "old");
  const { api, received } = await buildServer([expired, result({}), expired, expired], getToken);

  await api.tasks.move.mutate(move);
  expect(received.map(({ token }) => token)).toEqual(["Bearer old", "Bearer fresh"]);

  expect(await api.tasks.move.mutate(move).catch(errorOf)).toMatchObject({ error: "auth.expired" });
  expect(received).toHaveLength(4);
});

test("an aborted call is not sent again", async () => {
  const { api, received } = await buildServer([noAnswer]);
  const stop = new AbortController();

  const call = api.tasks.move.mutate(move, { signal: stop.signal });
  await expect.poll(() => received).toHaveLength(1);
  stop.abort();

  await expect(call).rejects.toThrow();
  expect(received).toHaveLength(1);
});

test("queries of one moment share requests of ten", async () => {
  const answers = (count: number) =>
    json(
      200,
      Array.from({ length: count }, (_, id) => ({ result: { data: { id } } })),
    );
  const { api, received } = await buildServer([answers(10), answers(2)]);

  await Promise.all(Array.from({ length: 12 }, (_, at) => api.tasks.get.query({ taskId: `t${at}` })));

  expect(received.map(({ path }) => path.split(",").length)).toEqual([10, 2]);
});
