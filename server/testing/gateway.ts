import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { io, type Socket } from "socket.io-client";
import { v7 } from "uuid";
import { onTestFinished, vi } from "vitest";
import type {
  Answer,
  ChangesFrame,
  ClientToServerEvents,
  PresenceFrame,
  Refusal,
  ServerToClientEvents,
  TypingFrame,
} from "../../realtime/contract.ts";
import { type Gateway, startGateway } from "../../realtime/gateway.ts";
import type { GatewayOptions } from "../../realtime/options.ts";
import { type Actor, type App, contextOf } from "../context.ts";
import { authenticateToken } from "../domain/auth/authenticate.ts";
import { record } from "../domain/change.ts";
import { labelUpdated } from "../domain/projects/project.events.ts";
import { openApp } from "../open-app.ts";
import type { Change, Channel } from "../platform/feed.ts";
import { inTransaction } from "../transaction.ts";

export interface Node {
  readonly app: App;
  readonly gateway: Gateway;
  readonly url: string;
}

/** A gateway on a port of its own, until the test ends. */
export async function startNode(app: App, options: Partial<GatewayOptions> = {}): Promise<Node> {
  const httpServer = createServer((_request, response) => response.writeHead(404).end());
  const gateway = await startGateway({
    app,
    httpServer,
    authenticate: (token) => authenticateToken(app, token),
    options,
  });
  await new Promise<void>((listening) => httpServer.listen(0, "127.0.0.1", listening));
  onTestFinished(async () => {
    await gateway.close();
    httpServer.closeAllConnections();
    await new Promise((closed) => httpServer.close(closed));
  });
  return { app, gateway, url: `http://127.0.0.1:${(httpServer.address() as AddressInfo).port}` };
}

/** A second process on the same database, as far as a test can have one: nothing is shared in memory. */
export async function openSecondApp(app: App, redisUrl?: string): Promise<App> {
  const opened = await openApp({ ...app.config, REDIS_URL: redisUrl }, app.config.DATABASE_URL as string);
  onTestFinished(() => opened.close());
  return opened.app;
}

export const tokenFor = async (app: App, actor: Actor, issuedAt = new Date()): Promise<string> =>
  (await app.tokens.mint(actor, v7(), issuedAt)).token;

type Requests = ClientToServerEvents;
type RequestOf<Name extends keyof Requests> = Parameters<Requests[Name]>[0];
type AnswerTo<Name extends keyof Requests> = Parameters<Requests[Name]>[1] extends Answer<infer T> ? T : never;

/** A socket that writes down what it hears. */
export class Probe {
  readonly socket: Socket<ServerToClientEvents, ClientToServerEvents>;
  readonly frames: ChangesFrame[] = [];
  readonly closed: { channel: Channel; reason: string }[] = [];
  readonly ended: string[] = [];
  readonly presence: PresenceFrame[] = [];
  readonly typing: TypingFrame[] = [];
  readonly heads: Record<Channel, number>[] = [];
  /** All events in the order they came. */
  readonly log: string[] = [];

  constructor(url: string, auth: object, headers: Record<string, string> = {}) {
    this.socket = io(url, {
      transports: ["websocket"],
      reconnection: false,
      forceNew: true,
      auth,
      extraHeaders: headers,
    });
    onTestFinished(() => void this.socket.disconnect());
    this.socket.on("changes", (frame) => this.frames.push(frame));
    this.socket.on("channel:closed", (closed) => this.closed.push(closed));
    this.socket.on("session:ended", ({ reason }) => this.ended.push(reason));
    this.socket.on("presence", (frame) => this.presence.push(frame));
    this.socket.on("typing", (frame) => this.typing.push(frame));
    this.socket.on("heads", (heads) => this.heads.push(heads));
    this.socket.onAny((name) => this.log.push(name));
  }

  /** @throws the error body of a refused handshake, or the error of a refused connection */
  connected(): Promise<this> {
    return new Promise((done, failed) => {
      this.socket.once("connect", () => done(this));
      this.socket.once("connect_error", (error) => failed((error as { data?: unknown }).data ?? error));
    });
  }

  /** Sends a request and gives back whatever is acknowledged. */
  async ask<Name extends keyof Requests>(name: Name, request: RequestOf<Name>) {
    const socket = this.socket.timeout(10_000) as unknown as {
      emitWithAck(name: Name, request: unknown): Promise<({ ok: true } & AnswerTo<Name>) | Refusal>;
    };
    return socket.emitWithAck(name, request);
  }

  /** @throws Error when the join is refused */
  async join(channel: Channel, since?: number) {
    const answer = await this.ask("channel:join", { channel, ...(since === undefined ? {} : { since }) });
    if (!answer.ok) throw new Error(`${answer.error}: ${answer.message}`);
    return answer;
  }

  changes(channel: Channel): Change[] {
    return this.frames.filter((frame) => frame.channel === channel).flatMap((frame) => frame.changes);
  }

  seqs(channel: Channel): number[] {
    return this.changes(channel).map((change) => change.seq);
  }
}

export async function connect(node: Node, actor: Actor): Promise<Probe> {
  return new Probe(node.url, { token: await tokenFor(node.app, actor) }).connected();
}

/** Commits changes to a channel, one after the other: `count` transactions of `each` changes. */
export async function commit(
  app: App,
  channel: Channel,
  {
    count = 1,
    each = 1,
    revokes = [],
    text = "",
  }: { count?: number; each?: number; revokes?: string[]; text?: string } = {},
): Promise<void> {
  const label = { id: v7(), projectId: v7(), color: "#000000", createdAt: "", updatedAt: "", version: 1 };
  const ctx = contextOf(app, null, { requestId: "test", ip: "127.0.0.1", userAgent: "vitest" });
  for (let nth = 0; nth < count; nth += 1) {
    await inTransaction(ctx, async (inner) => {
      const before = { ...label, name: "before" };
      const after = { ...label, name: `${nth} ${text}` };
      for (const _ of range(1, each)) record(inner, labelUpdated, before, after, { channels: [channel], revokes });
    });
  }
}

export const range = (from: number, to: number): number[] =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, at) => from + at);

/** Waits until an assertion holds; long enough for a busy machine. */
export const until = <T>(assertion: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(assertion, { timeout: 20_000, interval: 10 });
