import { type Cursor, type Frame, place } from "./cursor.ts";
import { errorOf, type TaskwireError } from "./errors.ts";
import type { Follower, Transport } from "./transport.ts";
import type { Change, Channel, Position, Snapshot } from "./types.ts";

/** How far a copy is; `closed` is for good. */
export type Status = "connecting" | "live" | "catching-up" | "offline" | "closed";

/** Where what was learnt goes. Nothing here may throw. */
export interface Sink {
  /** Everything anew: the first copy, or one that could not be continued. */
  reset(snapshot: Snapshot): void;
  /** The next changes: in order, without a hole, each once. */
  apply(changes: readonly Change[], cursor: Cursor): void;
  status(status: Status): void;
  /** The channel was joined, for the first time or again. */
  joined(): void;
  ended(reason: string, error: TaskwireError | null): void;
}

/** Changes that wait while a pull is under way; more than these are forgotten, and pulled again. */
const maxWaiting = 1_000;

/** Refusals that another attempt would only repeat. */
const final: readonly string[] = ["not-found", "access.denied", "validation.failed"];

/**
 * Keeps a copy of a channel true: a snapshot, then its changes. Frames may be lost, doubled or late, connections end and
 * servers restart; what is missing is pulled, and a cursor that the server cannot continue starts over with a snapshot.
 */
export function followChannel(
  channel: Channel,
  transport: Transport,
  sink: Sink,
): Follower & { end(reason: string, error?: TaskwireError): void } {
  let cursor: Cursor | null = null;
  /** The highest number heard of. */
  let head = 0;
  /** Rises whenever what the server was asked before, and may answer still, says no more what it does now. */
  let generation = 0;
  let connected = false;
  let joined = false;
  let working = false;
  let ended = false;
  let wasLive = false;
  /** Failures and restarts since the copy was last up to date. */
  let attempts = 0;
  let nap = new AbortController();
  let waiting: Frame[] = [];
  let waitingChanges = 0;

  const isCurrent = () => cursor !== null && joined && head <= cursor.seq;

  function report(): void {
    if (ended) return;
    const current = isCurrent() && connected && !working;
    wasLive ||= current;
    if (current) sink.status("live");
    else if (!wasLive) sink.status("connecting");
    else sink.status(connected ? "catching-up" : "offline");
  }

  /** Does what is missing, one step after the other, until the copy is up to date or nothing can be done. */
  async function work(): Promise<void> {
    if (working || ended) return;
    working = true;
    while (!ended) {
      drain();
      if (ended || isCurrent() || (cursor && !connected)) break;
      report();
      const attemptsBefore = attempts;
      try {
        await (cursor ? catchUp(cursor) : start());
      } catch (thrown) {
        const error = errorOf(thrown);
        if (final.includes(error.error)) end(error.error, error);
        attempts += 1;
      }
      if (!ended && attempts > attemptsBefore) await rest();
    }
    working = false;
    if (isCurrent()) attempts = 0;
    report();
  }

  async function rest(): Promise<void> {
    nap = new AbortController();
    await transport.pause(attempts, nap.signal);
  }

  async function start(): Promise<void> {
    const snapshot = await transport.snapshot(channel);
    if (ended) return;
    cursor = { epoch: snapshot.epoch, seq: snapshot.seq };
    sink.reset(snapshot);
  }

  async function catchUp(from: Cursor): Promise<void> {
    if (joined) return take(await transport.pull(channel, from));
    const asked = generation;
    const answer = await transport.join(channel, from);
    if (asked !== generation) return; // that connection is gone or the channel was closed, and what was joined with it
    if (ended) return transport.leave(channel);
    joined = !answer.resync;
    take(answer);
    if (joined) sink.joined();
  }

  function take(answer: Position): void {
    if (!cursor || ended) return;
    const { seq } = cursor;
    const changes = answer.changes ?? [];
    if (!answer.resync) settle({ epoch: answer.epoch, from: seq, to: changes.at(-1)?.seq ?? seq, changes });
    if (!cursor) return;
    if (cursor.seq > seq) head = Math.max(head, answer.head);
    else if (!answer.resync && answer.head <= seq)
      head = seq; // the higher number that was heard of is none
    else restart(); // nothing, or with a hole in it, is what the same question would answer again
  }

  function forgetWaiting(): void {
    waiting = [];
    waitingChanges = 0;
  }

  function drain(): void {
    while (cursor && waiting.length > 0) settle(waiting.shift()!);
    if (waiting.length === 0) waitingChanges = 0;
  }

  function settle(frame: Frame): void {
    if (!cursor || ended) return;
    const placement = place(cursor, frame);
    if (placement.kind === "foreign") restart();
    else head = Math.max(head, frame.to);
    if (placement.kind !== "next") return;
    cursor = placement.cursor;
    sink.apply(placement.changes, cursor);
  }

  function restart(): void {
    cursor = null;
    joined = false;
    head = 0;
    forgetWaiting();
    attempts += 1;
  }

  function end(reason: string, error: TaskwireError | null = null): void {
    if (ended) return;
    ended = true;
    forgetWaiting();
    nap.abort();
    sink.ended(reason, error);
    if (joined) transport.leave(channel);
  }

  function heard(): void {
    if (!isCurrent()) void work();
    report();
  }

  return {
    connected() {
      connected = true;
      generation += 1;
      nap.abort();
      heard();
    },
    disconnected() {
      connected = false;
      joined = false;
      generation += 1;
      report();
    },
    frame(frame) {
      if (ended) return;
      if (working || !cursor) {
        waitingChanges += frame.changes.length;
        waiting.push(frame);
        if (waitingChanges > maxWaiting) {
          forgetWaiting();
          head = Math.max(head, frame.to);
        }
      } else settle(frame);
      heard();
    },
    head(seq) {
      head = Math.max(head, seq);
      heard();
    },
    closed(reason) {
      joined = false;
      generation += 1;
      if (reason !== "resync") return end(reason);
      restart();
      heard();
    },
    end,
  };
}
