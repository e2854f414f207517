import type { Cursor, Frame } from "./cursor.ts";
import type { TaskwireError } from "./errors.ts";
import type { Channel, Position, Presence, PresenceState, Snapshot, Typing } from "./types.ts";

/** What following a channel needs of the world. Every promise settles, with a TaskwireError when it fails. */
export interface Transport {
  snapshot(channel: Channel): Promise<Snapshot>;
  /** From the answer on, the channel's frames arrive. */
  join(channel: Channel, cursor: Cursor): Promise<Position>;
  pull(channel: Channel, cursor: Cursor): Promise<Position>;
  leave(channel: Channel): void;
  /** Waits before another attempt (1 is the first), at most until the signal aborts; never throws. */
  pause(attempt: number, signal: AbortSignal): Promise<void>;
}

/** What the world tells a follower. */
export interface Follower {
  connected(): void;
  disconnected(): void;
  frame(frame: Frame): void;
  /** The channel has reached this number. */
  head(seq: number): void;
  /** The server sends this channel no more: `resync` starts over, anything else is the end. */
  closed(reason: string): void;
}

/** What a store needs besides: to be told, and the signs of life that people give each other. */
export interface StoreTransport extends Transport {
  attach(channel: Channel, listener: Listener): void;
  detach(channel: Channel, listener: Listener): void;
  setPresence(channel: Channel, state: PresenceState | null): Promise<void>;
  setTyping(channel: Channel, typing: { about?: string; typing?: boolean }): Promise<void>;
}

/** What a channel's store hears from the connection. */
export interface Listener extends Follower {
  presence(presence: Presence): void;
  typing(typing: Typing): void;
  end(reason: string, error?: TaskwireError): void;
}
