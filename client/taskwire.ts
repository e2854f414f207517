import { type Api, createApi } from "./api.ts";
import { backoffMs, pause } from "./backoff.ts";
import { Connection } from "./connection.ts";
import type { TaskwireError } from "./errors.ts";
import { serverUrl } from "./http.ts";
import { type LiveStore, openStore } from "./live-store.ts";
import type { GetToken } from "./token.ts";
import type { StoreTransport } from "./transport.ts";
import type { Channel } from "./types.ts";

export interface TaskwireOptions {
  /** Where the server is: `https://taskwire.example.com`; relative to the page in a browser. */
  url: string;
  getToken: GetToken;
  /** The server ended the session, or accepts no token of it; all stores have closed. Sign in, then open them again. */
  onSessionEnded?: (error: TaskwireError) => void;
  /** How often a call without an answer is sent, the first time included; default 7, over some seconds. */
  maxAttempts?: number;
  /** How long to wait for an answer; default 30,000. */
  timeoutMs?: number;
}

export interface Taskwire {
  /** Every procedure of the server: `api.tasks.move.mutate({ … })`. Failures: `errorOf(thrown)`. */
  readonly api: Api;
  /** A copy of a channel that stays true. Asked for twice, it is the same one, until each has closed it. */
  live(channel: Channel): LiveStore;
  /** Ends the connection and all stores. */
  close(): void;
}

/** A client of one server, for one person. */
export function createTaskwire(options: TaskwireOptions): Taskwire {
  const { getToken, onSessionEnded = () => {}, maxAttempts = 7, timeoutMs = 30_000 } = options;
  const url = serverUrl(options.url);

  const api = createApi({ url, getToken, maxAttempts, timeoutMs });
  const connection = new Connection({ url, getToken, timeoutMs, onSessionEnded });
  const transport: StoreTransport = {
    snapshot: (channel) => api.sync.snapshot.query({ channel }),
    join: (channel, { epoch, seq }) => connection.request("channel:join", { channel, epoch, since: seq }),
    pull: (channel, { epoch, seq }) => connection.request("channel:pull", { channel, epoch, since: seq }),
    leave: (channel) => connection.leave(channel),
    attach: (channel, listener) => connection.attach(channel, listener),
    detach: (channel, listener) => connection.detach(channel, listener),
    async setPresence(channel, state) {
      await connection.request("presence:set", { channel, state });
    },
    async setTyping(channel, typing) {
      await connection.request("typing:set", { channel, ...typing });
    },
    pause: (attempt, signal) => pause(backoffMs(attempt), signal),
  };

  const stores = new Map<Channel, { store: LiveStore; users: number; end(): void }>();

  function open(channel: Channel) {
    const opened = openStore(channel, transport, {
      release() {
        entry.users -= 1;
        return entry.users === 0;
      },
      closed: () => stores.delete(channel),
    });
    const entry = { ...opened, users: 0 };
    stores.set(channel, entry);
    return entry;
  }

  return {
    api,
    live(channel) {
      const entry = stores.get(channel) ?? open(channel);
      entry.users += 1;
      return entry.store;
    },
    close() {
      for (const { end } of [...stores.values()]) end();
      connection.close();
    },
  };
}
