import { once } from "node:events";
import type { RequestListener } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { createHttpServer, lastAnswersOf } from "./http-server.ts";

/** A server, and a connection to it whose half stays open whatever the server does. */
async function open(listener: RequestListener) {
  const server = createHttpServer(listener).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true }).setEncoding("utf8");
  onTestFinished(() => void socket.destroy());
  const connections = () => promisify(server.getConnections.bind(server))();
  return { server, socket, connections };
}

/** The first line that a server with a listener for upgrades answers to a wish for one. */
async function answerTo(path: string, protocol: string): Promise<string | undefined> {
  const { server, socket } = await open((_req, res) => res.end("served"));
  server.on("upgrade", (_req, socket) => socket.end("HTTP/1.1 101 Switching Protocols\r\n\r\n"));
  socket.write(`GET ${path} HTTP/1.1\r\nHost: taskwire\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`);
  const [text] = (await once(socket, "data")) as [string];
  return text.split("\r\n")[0];
}

test.for([
  ["/socket.io/?EIO=4&transport=websocket", "websocket", "HTTP/1.1 101 Switching Protocols"],
  ["/health", "h2c", "HTTP/1.1 200 OK"],
  ["/elsewhere", "websocket", "HTTP/1.1 200 OK"],
] as const)("a wish at %s for %s is answered with %s", async ([path, protocol, line]) => {
  expect(await answerTo(path, protocol)).toBe(line);
});

test("what is being answered when the server begins to stop says that its connection closes", async () => {
  const { promise: arrived, resolve: arrive } = Promise.withResolvers<() => void>();
  const { server, socket } = await open((_req, res) => arrive(() => res.end("late")));
  const sayClosing = lastAnswersOf(server);
  socket.write("GET / HTTP/1.1\r\nHost: taskwire\r\n\r\n");
  const answer = await arrived;
  sayClosing();
  answer();
  expect(await once(socket, "data")).toEqual([expect.stringMatching(/^connection: close\r$/im)]);
});

test("who is refused and never hangs up is hung up on", async () => {
  const { socket, connections } = await open((_req, res) => res.end());
  socket.write("nonsense\r\n\r\n");
  expect(await once(socket, "data")).toEqual([expect.stringContaining("HTTP/1.1 400 ")]);
  await expect.poll(connections, { timeout: 4_000 }).toBe(0);
});

test("who does not read an answer is not waited for without end", async () => {
  const { server, socket, connections } = await open((_req, res) => res.end("x".repeat(20_000_000)));
  expect(server.timeout).toBeGreaterThan(0);
  server.timeout = 100;
  const asked = once(server, "request");
  socket.write("GET / HTTP/1.1\r\nHost: taskwire\r\n\r\n");
  await asked;
  await expect.poll(connections, { timeout: 4_000 }).toBe(0);
});
