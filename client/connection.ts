import { io, type Socket } from "socket.io-client";
import type { Answer, ClientToServerEvents, Refusal, ServerToClientEvents } from "../realtime/contract.ts";
import { backoffMs, pause } from "./backoff.ts";
import { errorOf, TaskwireError } from "./errors.ts";
import { type GetToken, renewAfterMs } from "./token.ts";
import type { Listener } from "./transport.ts";
import type { Channel } from "./types.ts";

interface ConnectionOptions {
  /** Where the server is, without a slash at the end. */
  url: string;
  getToken: GetToken;
  /** A request without an answer fails after this time. */
  timeoutMs: number;
  /** The server ended the session, or accepts no token of it any more. All channels have ended. */
  onSessionEnded: (error: TaskwireError) => void;
}

type Requests = ClientToServerEvents;
type RequestOf<Name extends keyof Requests> = Parameters<Requests[Name]>[0];
type AnswerTo<Name extends keyof Requests> = Parameters<Requests[Name]>[1] extends Answer<infer T> ? T : never;

/** A connection that lasted this long was a good one: the next attempt waits as if it were the first. */
const steadyMs = 5_000;

/** In a browser; elsewhere it has neither. */
const page = globalThis as Partial<
  Record<"addEventListener" | "removeEventListener", (name: "online", run: () => void) => void>
>;

/** One socket for all channels. It connects when first needed, and again whenever it breaks, until it is closed. */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #socket: Socket<ServerToClientEvents, ClientToServerEvents>;
  readonly #listeners = new Map<Channel, Listener>();
  #running = false;
  #attempt = 0;
  #connectedAt = 0;
  #draining = false;
  /** The next token must be another than the last. */
  #fresh = false;
  #token = "";
  /** Of what happens next: an attempt, its deadline, or the renewal of the token. Only ever one of them. */
  #next = new AbortController();

  constructor(options: ConnectionOptions) {
    this.#options = options;
    const { origin, pathname } = new URL(options.url);
    this.#socket = io(origin, {
      path: `${pathname.replace(/\/$/, "")}/socket.io`,
      transports: ["websocket"],
      autoConnect: false,
      reconnection: false, // its jitter fades at the longest delay, and a refused handshake would end it
      forceNew: true,
    });
    this.#hear();
  }

  /** Tells a channel's store what arrives, from now on. */
  attach(channel: Channel, listener: Listener): void {
    this.#listeners.set(channel, listener);
    if (this.#socket.connected) listener.connected();
    else if (!this.#running) this.#start();
  }

  detach(channel: Channel, listener: Listener): void {
    if (this.#listeners.get(channel) === listener) this.#listeners.delete(channel);
  }

  /**
   * @throws TaskwireError what the server refused it with | `network` (not connected, or no answer in time)
   */
  async request<Name extends keyof Requests>(name: Name, request: RequestOf<Name>): Promise<AnswerTo<Name>> {
    const unanswered = (cause?: unknown) =>
      new TaskwireError("network", "The connection did not answer.", { retry: true }, { cause });
    if (!this.#socket.connected) throw unanswered(); // the socket would keep it, without bound
    const socket = this.#socket.timeout(this.#options.timeoutMs) as unknown as {
      emitWithAck(name: Name, request: RequestOf<Name>): Promise<({ ok: true } & AnswerTo<Name>) | Refusal>;
    };
    const answer = await socket.emitWithAck(name, request).catch((cause: unknown) => {
      throw unanswered(cause);
    });
    if (!answer.ok) throw errorOf(answer);
    return answer;
  }

  /** Leaves a channel that nobody here listens to any more. */
  leave(channel: Channel): void {
    if (this.#listeners.has(channel)) return;
    this.request("channel:leave", { channel }).catch(() => {}); // a lost connection has left everything
  }

  close(): void {
    this.#running = false;
    this.#draining = false;
    this.#next.abort();
    page.removeEventListener?.("online", this.#online);
    this.#socket.disconnect();
  }

  #start(): void {
    this.#running = true;
    this.#attempt = 0;
    this.#fresh = false;
    page.addEventListener?.("online", this.#online);
    void this.#connect();
  }

  /** Makes room for what happens next: whatever was planned before does not. */
  #plan(): AbortSignal {
    this.#next.abort();
    this.#next = new AbortController();
    return this.#next.signal;
  }

  /** Runs something later, unless anything else is planned or the connection closed before. */
  async #later(ms: number, run: () => unknown): Promise<void> {
    const signal = this.#plan();
    await pause(ms, signal);
    if (!signal.aborted && this.#running) await run();
  }

  async #connect(): Promise<void> {
    this.#draining = false;
    this.#socket.disconnect();
    const signal = this.#plan();
    try {
      const token = await this.#askToken(this.#fresh);
      if (signal.aborted || !this.#running) return;
      this.#socket.auth = { token };
      this.#socket.connect();
      void this.#later(this.#options.timeoutMs, () => this.#failed(new TaskwireError("network", "No answer in time.")));
    } catch (thrown) {
      if (!signal.aborted && this.#running) this.#failed(errorOf(thrown));
    }
  }

  async #askToken(fresh: boolean): Promise<string> {
    const token = await this.#options.getToken({ fresh });
    if (token === null) throw new TaskwireError("auth.required", "Sign in first.");
    this.#token = token;
    return token;
  }

  /** An attempt failed or a connection broke: another one follows, unless the server wants no token of this session. */
  #failed(error: TaskwireError): void {
    const unwanted = error.error.startsWith("auth.");
    if (unwanted && (this.#fresh || error.error === "auth.required")) {
      this.#end(error);
    } else {
      this.#fresh = unwanted;
      this.#attempt += 1;
      void this.#later(backoffMs(this.#attempt), () => this.#connect());
    }
  }

  #end(error: TaskwireError): void {
    this.close();
    for (const listener of [...this.#listeners.values()]) listener.end(error.error, error);
    this.#options.onSessionEnded(error);
  }

  async #renew(): Promise<void> {
    try {
      await this.request("auth:renew", { token: await this.#askToken(true) });
      this.#renewLater(null);
    } catch (thrown) {
      const error = errorOf(thrown);
      if (!this.#running || !this.#socket.connected) return; // the next attempt asks again
      if (error.error.startsWith("auth.")) this.#end(error);
      else void this.#later(1_000 + backoffMs(4), () => this.#renew());
    }
  }

  /** @param now null when the token is new */
  #renewLater(now: number | null): void {
    const ms = renewAfterMs(this.#token, now);
    if (ms !== null && !this.#draining) void this.#later(ms, () => this.#renew());
  }

  readonly #online = () => {
    if (this.#running && !this.#socket.connected) void this.#connect();
  };

  #hear(): void {
    const socket = this.#socket;
    socket.on("connect", () => {
      this.#connectedAt = Date.now();
      this.#next.abort();
      this.#renewLater(this.#fresh ? null : Date.now());
      this.#fresh = false;
      for (const listener of [...this.#listeners.values()]) listener.connected();
    });
    socket.on("disconnect", (reason) => {
      if (Date.now() - this.#connectedAt > steadyMs) this.#attempt = 0;
      for (const listener of [...this.#listeners.values()]) listener.disconnected();
      if (reason === "io client disconnect" || this.#draining) return; // the next attempt is planned
      if (this.#running) this.#failed(new TaskwireError("network", "The connection broke."));
    });
    socket.on("connect_error", (error) => {
      if (this.#running) this.#failed(errorOf((error as { data?: unknown }).data ?? error));
    });
    socket.on("changes", (frame) => this.#listeners.get(frame.channel)?.frame(frame));
    socket.on("heads", (heads) => {
      for (const [channel, seq] of Object.entries(heads)) this.#listeners.get(channel as Channel)?.head(seq);
    });
    socket.on("presence", ({ channel, ...presence }) => this.#listeners.get(channel)?.presence(presence));
    socket.on("typing", ({ channel, ...typing }) => this.#listeners.get(channel)?.typing(typing));
    socket.on("channel:closed", ({ channel, reason }) => this.#listeners.get(channel)?.closed(reason));
    socket.on("session:ended", ({ reason }) => {
      const error = new TaskwireError(reason, "The session has ended.");
      if (reason !== "auth.expired") return this.#end(error);
      this.#fresh = true;
      void this.#connect();
    });
    socket.on("server:draining", ({ reconnectAfterMs }) => {
      this.#draining = true;
      void this.#later(reconnectAfterMs, () => this.#connect());
    });
  }
}
