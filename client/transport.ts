import type { Cursor, Frame } from "./cursor.ts";
import type { Channel, Position, Snapshot } from "./types.ts";

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
