import type { ErrorBody } from "../server/errors.ts";
import type { Change, Channel } from "../server/platform/feed.ts";

/**
 * What travels over Socket.IO, typed for both ends. Every request is acknowledged with `{ ok: true, … }` or
 * `{ ok: false, error, message, details }`, with the codes of the error table.
 *
 * The handshake is `auth: { token }`; a refused one fails with `connect_error`, whose `data` is an error body.
 *
 * A client's rule for a channel: hold a cursor, the number of the last change applied. Of `changes`, ignore those with
 * `seq` ≤ cursor; if `from` is beyond the cursor, pull. If `heads` names a number beyond the cursor, pull. On `resync`
 * take a snapshot and go on from its number.
 */
export interface ClientToServerEvents {
  /** Listens to a channel: first the changes after `since`, then live, with no gap in between. */
  "channel:join": (request: JoinRequest, answer: Answer<Position>) => void;
  "channel:leave": (request: { channel: string }, answer: Answer) => void;
  /** The changes after a cursor; joining is not needed. */
  "channel:pull": (request: PullRequest, answer: Answer<Position>) => void;
  /** Goes on under a fresh access token of the same person. */
  "auth:renew": (request: { token: string }, answer: Answer<{ expiresAt: string }>) => void;
  /** Shows oneself in a joined channel, with a small state of at most 1 KiB; null hides again. */
  "presence:set": (request: { channel: string; state: PresenceState | null }, answer: Answer) => void;
  /** Tells the others of a joined channel that one is typing; repeat it every few seconds while it is so. */
  "typing:set": (request: TypingRequest, answer: Answer) => void;
}

export interface ServerToClientEvents {
  /** `from` is the cursor before the first of the changes, `to` the number of the last. */
  changes: (frame: ChangesFrame) => void;
  /** The number of the last change of joined channels, about every 15 seconds. */
  heads: (heads: Record<Channel, number>) => void;
  /** Everybody who shows themselves in the channel; replaces what was said before. */
  presence: (presence: PresenceFrame) => void;
  typing: (typing: TypingFrame) => void;
  /** The channel was left on this socket: by lost access, or because a snapshot and a new join are needed. */
  "channel:closed": (closed: { channel: Channel; reason: ChannelClosedReason }) => void;
  /** The connection ends now: `auth.expired` asks for a fresh token, `auth.invalid` for a sign-in. */
  "session:ended": (ended: { reason: SessionEndedReason }) => void;
  /** This server goes away; connect again after the given time, which differs from client to client. */
  "server:draining": (draining: { reconnectAfterMs: number }) => void;
}

export type Refusal = { ok: false } & ErrorBody;
// biome-ignore lint/complexity/noBannedTypes: an answer may carry nothing more
export type Answer<T extends object = {}> = (answer: ({ ok: true } & T) | Refusal) => void;

export interface JoinRequest {
  channel: string;
  /** The last change the client has; absent: it wants none of the past. */
  since?: number;
  /** The life of the database that `since` belongs to. */
  epoch?: string;
}

export interface PullRequest {
  channel: string;
  since: number;
  epoch?: string;
}

/** Where a channel stands: the changes up to `head`, or `resync` when only a snapshot can bring the client there. */
export type Position = { epoch: string; head: number } & (
  | { changes: Change[]; resync?: undefined }
  | { resync: true; changes?: undefined }
);

export interface ChangesFrame {
  channel: Channel;
  epoch: string;
  from: number;
  to: number;
  changes: Change[];
}

/** Any small JSON object, such as `{ viewing: taskId }`. */
export type PresenceState = { [key: string]: unknown };

export interface PresenceFrame {
  channel: Channel;
  /** At most 200 of them. */
  members: PresentMember[];
  total: number;
}

export interface PresentMember {
  userId: string;
  state: PresenceState;
}

export interface TypingRequest {
  channel: string;
  /** What is being written on: the id of a task, a comment, … */
  about?: string;
  /** Default true; false: stopped. */
  typing?: boolean;
}

export interface TypingFrame {
  channel: Channel;
  userId: string;
  about: string | null;
  typing: boolean;
  /** Forget it after this time, if it is not repeated. */
  expiresInMs: number;
}

export type ChannelClosedReason = "access.denied" | "resync";
export type SessionEndedReason = "auth.expired" | "auth.invalid";
