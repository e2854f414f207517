import { Emitter } from "./emitter.ts";
import { TaskwireError } from "./errors.ts";
import { followChannel, type Status } from "./follow-channel.ts";
import { applyChanges, type Entities, entitiesOf, noEntities } from "./reducer.ts";
import type { Listener, StoreTransport } from "./transport.ts";
import type { AnyChange, ChangeOf, ChangeType, Channel, Presence, PresenceState, Typing } from "./types.ts";

/** Everything that a store shows, as of one moment; never altered, so it can be compared by identity. */
export interface LiveState {
  readonly status: Status;
  /** Why it is closed, when it is: `closed` by you, or the code of the refusal. */
  readonly reason: string | null;
  /** The life of the database and the last change contained; null and 0 before the first snapshot. */
  readonly epoch: string | null;
  readonly seq: number;
  readonly entities: Entities;
  readonly presence: Presence;
}

/** What a store tells: each type of change, and these. */
export type LiveEvents = { [T in ChangeType]: ChangeOf<T> } & {
  /** Any change. */
  change: AnyChange;
  /** All entities anew: the first snapshot, or one after an absence too long to be told change by change. */
  reset: LiveState;
  status: Status;
  presence: Presence;
  typing: Typing;
};

/** A copy of a channel that stays true. */
export interface LiveStore extends LiveState {
  readonly channel: Channel;
  /** Resolves when the copy is first up to date; rejects with a TaskwireError if it closes before. */
  readonly ready: Promise<void>;
  /** Hears changes in order, each once, when `entities` contain them already. @returns a function that ends it */
  on<Name extends keyof LiveEvents>(name: Name, listener: (event: LiveEvents[Name]) => void): () => void;
  /** For React: `useSyncExternalStore(store.subscribe, store.getSnapshot)`. */
  readonly subscribe: (listener: () => void) => () => void;
  readonly getSnapshot: () => LiveState;
  /** Shows oneself to the others in the channel, until null or the end of the connection; kept over reconnects. */
  setPresence(state: PresenceState | null): Promise<void>;
  /** Tells the others that one is typing; call it every few seconds meanwhile. Lost while offline. */
  typing(typing?: { about?: string; typing?: boolean }): Promise<void>;
  /** Stops following; once for each `live()` of the channel. */
  close(): void;
}

const nobody: Presence = { members: [], total: 0 };

/** Who opened a store, and may need to know. */
export interface Owner {
  /** Somebody closed it. @returns whether nobody uses it any more */
  release(): boolean;
  /** Nothing comes any more; called once. */
  closed(): void;
}

export function openStore(
  channel: Channel,
  transport: StoreTransport,
  owner: Owner,
): { store: LiveStore; end(): void } {
  const emitter = new Emitter<LiveEvents & { state: LiveState }>();
  let state: LiveState = {
    status: "connecting",
    reason: null,
    epoch: null,
    seq: 0,
    entities: noEntities,
    presence: nobody,
  };
  let shown: PresenceState | null = null;
  let joined = false;
  let settle: { resolve(): void; reject(error: TaskwireError): void } | undefined;
  const ready = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });
  ready.catch(() => {}); // whoever does not wait for it need not handle it

  function show(part: Partial<LiveState>): void {
    state = { ...state, ...part };
    emitter.emit("state", state);
  }

  const follower = followChannel(channel, transport, {
    reset({ epoch, seq, entities }) {
      show({ epoch, seq, entities: entitiesOf(entities) });
      emitter.emit("reset", state);
    },
    apply(changes, { seq }) {
      show({ seq, entities: applyChanges(state.entities, changes) });
      for (const change of changes as readonly AnyChange[]) {
        emitter.emit("change", change);
        emitter.emit(change.type, change as never);
      }
    },
    status(status) {
      if (status === state.status) return;
      show({ status });
      if (status === "live") settle?.resolve();
      emitter.emit("status", status);
    },
    joined() {
      joined = true;
      if (shown) void transport.setPresence(channel, shown).catch(() => {}); // the next join says it again
    },
    ended(reason, error) {
      transport.detach(channel, listener);
      owner.closed(); // so that who hears of it below may open the channel anew
      show({ status: "closed", reason, presence: nobody });
      settle?.reject(error ?? new TaskwireError("network", `The channel was closed: ${reason}`));
      emitter.emit("status", "closed");
      emitter.clear();
    },
  });

  const listener: Listener = {
    ...follower,
    disconnected() {
      joined = false;
      if (state.presence !== nobody) show({ presence: nobody });
      follower.disconnected();
    },
    closed(reason) {
      joined = false;
      follower.closed(reason);
    },
    presence(presence) {
      show({ presence });
      emitter.emit("presence", presence);
    },
    typing: (typing) => emitter.emit("typing", typing),
  };
  transport.attach(channel, listener);

  const store: LiveStore = {
    channel,
    ready,
    get status() {
      return state.status;
    },
    get reason() {
      return state.reason;
    },
    get epoch() {
      return state.epoch;
    },
    get seq() {
      return state.seq;
    },
    get entities() {
      return state.entities;
    },
    get presence() {
      return state.presence;
    },
    on: (name, listener) => emitter.on(name, listener),
    subscribe: (listener) => emitter.on("state", listener),
    getSnapshot: () => state,
    async setPresence(next) {
      shown = next;
      if (joined) await transport.setPresence(channel, next);
    },
    async typing(typing = {}) {
      if (joined) await transport.setTyping(channel, typing);
    },
    close() {
      if (owner.release()) follower.end("closed");
    },
  };
  return { store, end: () => follower.end("closed") };
}
