import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server, type Socket } from "socket.io";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { Connection } from "./connection.ts";
import type { TaskwireError } from "./errors.ts";
import type { Listener } from "./transport.ts";
import type { Channel } from "./types.ts";

const channel: Channel = "project:0192f0c0-0000-7000-8000-000000000001";

/** A server that lets in the tokens it is told to, and keeps its sockets for the test to speak through. */
async function buildServer({ port = 0, admits = (token: string) => token.startsWith("good") } = {}) {
  const http = createServer();
  const io = new Server(http, { transports: ["websocket"] });
  const sockets: Socket[] = [];
  const tokens: string[] = [];
  const asked: [string, unknown][] = [];
  io.use((socket, next) => {
    const { token } = socket.handshake.auth as { token: string };
    tokens.push(token);
    const refusal = { error: "auth.expired", message: "over", details: {} };
    next(admits(token) ? undefined : Object.assign(new Error(refusal.message), { data: refusal }));
  });
  io.on("connection", (socket) => {
    sockets.push(socket);
    socket.onAny((name: string, request: unknown, answer: (answer: object) => void) => {
      asked.push([name, request]);
      const known = name !== "channel:pull";
      answer(
        known ? { ok: true } : { ok: false, error: "not-found", message: "no such channel", details: { channel } },
      );
    });
  });
  await new Promise<void>((listening) => http.listen(port, "127.0.0.1", listening));
  const close = () => io.close();
  onTestFinished(close);
  return { port: (http.address() as AddressInfo).port, sockets, tokens, asked, close };
}

const open: Connection[] = [];
afterEach(() => {
  for (const connection of open.splice(0)) connection.close();
});

function connect(port: number, getToken: (options: { fresh: boolean }) => string | null = () => "good") {
  const ended: TaskwireError[] = [];
  const heard: unknown[] = [];
  const hears = (name: string) => (event?: unknown) => void heard.push(event === undefined ? name : [name, event]);
  const listener: Listener = {
    connected: hears("connected"),
    disconnected: hears("disconnected"),
    frame: hears("frame"),
    head: hears("head"),
    closed: hears("closed"),
    presence: hears("presence"),
    typing: hears("typing"),
    end: hears("end"),
  };
  const connection = new Connection({
    url: `http://127.0.0.1:${port}`,
    getToken,
    timeoutMs: 5_000,
    onSessionEnded: (error) => ended.push(error),
  });
  open.push(connection);
  connection.attach(channel, listener);
  return { connection, heard, ended };
}

test("what the server says of a channel reaches its listener only", async () => {
  const server = await buildServer();
  const { heard } = connect(server.port);
  await vi.waitFor(() => expect(server.sockets).toHaveLength(1));
  const frame = { channel, epoch: "e", from: 0, to: 1, changes: [] };

  server.sockets[0]!.emit("changes", { ...frame, channel: "project:another" });
  server.sockets[0]!.emit("changes", frame);
  server.sockets[0]!.emit("heads", { [channel]: 7, "project:another": 9 });
  server.sockets[0]!.emit("presence", { channel, members: [], total: 0 });
  server.sockets[0]!.emit("channel:closed", { channel, reason: "resync" });

  await vi.waitFor(() => {
    expect(heard).toEqual([
      "connected",
      ["frame", frame],
      ["head", 7],
      ["presence", { members: [], total: 0 }],
      ["closed", "resync"],
    ]);
  });
});

test("a request answers, or fails with the server's refusal, or with network when there is no connection", async () => {
  const server = await buildServer();
  const { connection, heard } = connect(server.port);
  const pull = () => connection.request("channel:pull", { channel, since: 0 });
  await expect(pull()).rejects.toMatchObject({ error: "network" });
  await vi.waitFor(() => expect(heard).toContain("connected"));

  await expect(connection.request("channel:join", { channel })).resolves.toEqual({ ok: true });
  await expect(pull()).rejects.toMatchObject({ error: "not-found", message: "no such channel", details: { channel } });
  expect(server.asked).toEqual([
    ["channel:join", { channel }],
    ["channel:pull", { channel, since: 0 }],
  ]);
});

test("a refused token is followed by a fresh one", async () => {
  const server = await buildServer();
  const { heard, ended } = connect(server.port, ({ fresh }) => (fresh ? "good" : "old"));

  await vi.waitFor(() => expect(heard).toEqual(["connected"]));

  expect(server.tokens).toEqual(["old", "good"]);
  expect(ended).toEqual([]);
});

test.each([
  ["the server refuses even a fresh token", () => "bad", "auth.expired"],
  ["nobody is signed in", () => null, "auth.required"],
])("when %s, the session has ended", async (_, getToken, error) => {
  const server = await buildServer();
  const { heard, ended } = connect(server.port, getToken);

  await vi.waitFor(() => expect(ended).toMatchObject([{ error }]));

  expect(heard).toEqual([["end", error]]);
});

test("a session that the server ends is over; one whose token only ended goes on with a fresh one", async () => {
  const server = await buildServer();
  const { heard, ended } = connect(server.port, ({ fresh }) => (fresh ? "good, fresh" : "good"));
  await vi.waitFor(() => expect(heard).toEqual(["connected"]));

  server.sockets[0]!.emit("session:ended", { reason: "auth.expired" });
  await vi.waitFor(() => expect(heard).toEqual(["connected", "disconnected", "connected"]));
  expect(server.tokens).toEqual(["good", "good, fresh"]);

  server.sockets[1]!.emit("session:ended", { reason: "auth.invalid" });
  await vi.waitFor(() => expect(ended).toMatchObject([{ error: "auth.invalid" }]));
  expect(heard.slice(3)).toEqual(["disconnected", ["end", "auth.invalid"]]);
});

test("the token is renewed before it ends, without a new connection", async () => {
  const jwt = (lifeSeconds: number) => {
    const now = Date.now() / 1000;
    return `good.${btoa(JSON.stringify({ iat: now, exp: now + lifeSeconds }))}.x`;
  };
  const server = await buildServer();
  const { heard } = connect(server.port, ({ fresh }) => jwt(fresh ? 600 : 1.5));

  await vi.waitFor(() => expect(server.asked).toHaveLength(1), { timeout: 5_000 });

  expect(server.asked[0]).toEqual(["auth:renew", { token: expect.stringMatching(/^good\./) }]);
  expect(heard).toEqual(["connected"]);
});

test("after a restart of the server it connects again", async () => {
  const first = await buildServer();
  const { heard } = connect(first.port);
  await vi.waitFor(() => expect(heard).toEqual(["connected"]));

  await first.close();
  await vi.waitFor(() => expect(heard).toEqual(["connected", "disconnected"]));
  await buildServer({ port: first.port });

  await vi.waitFor(() => expect(heard).toEqual(["connected", "disconnected", "connected"]), { timeout: 10_000 });
});

test("a server that drains is left after the given time, whatever else happens to the connection", async () => {
  const server = await buildServer();
  const { heard } = connect(server.port);
  await vi.waitFor(() => expect(heard).toEqual(["connected"]));
  const told = Date.now();

  server.sockets[0]!.emit("server:draining", { reconnectAfterMs: 700 });
  server.sockets[0]!.disconnect(true);

  await vi.waitFor(() => expect(server.sockets).toHaveLength(2));
  expect(Date.now() - told).toBeGreaterThanOrEqual(690);
});
