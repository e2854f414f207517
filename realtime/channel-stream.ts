import { maxPull, type StoredChange } from "../server/platform/feed.ts";
import { weightOf } from "./framing.ts";

/** More than this many changes are not kept out of order; the feed has them anyway. */
const maxWaiting = 2 * maxPull;

/** What one channel's recent changes may weigh in memory, roughly in bytes. */
const maxRecentWeight = 1024 * 1024;

/**
 * One channel's changes in order. Takes them in any order, doubled or not at all, hands them out as 1, 2, 3 … after its
 * cursor, tells when some must be fetched, and remembers the latest ones.
 */
export class ChannelStream {
  /** The number of the last change handed out. */
  #cursor: number;
  /** The highest number heard of. */
  #known: number;
  readonly #waiting = new Map<number, StoredChange>();
  /** Up to the cursor, without gaps. */
  #recent: StoredChange[] = [];
  #recentWeight = 0;

  constructor(cursor: number) {
    this.#cursor = cursor;
    this.#known = cursor;
  }

  get cursor(): number {
    return this.#cursor;
  }

  /** Whether changes exist that only the feed can give. */
  get incomplete(): boolean {
    return this.#known > this.#cursor && !this.#waiting.has(this.#cursor + 1);
  }

  /** Whether `take` has something to give. */
  get ready(): boolean {
    return this.#waiting.has(this.#cursor + 1);
  }

  offer(changes: readonly StoredChange[]): void {
    for (const change of changes) {
      this.announce(change.seq);
      if (change.seq <= this.#cursor) continue;
      if (change.seq === this.#cursor + 1 || this.#waiting.size < maxWaiting) this.#waiting.set(change.seq, change);
    }
  }

  /** The channel is known to have reached a number. */
  announce(head: number): void {
    if (head > this.#known) this.#known = head;
  }

  /** The next changes in order, at most `limit`; moves the cursor behind them. */
  take(limit = Number.POSITIVE_INFINITY): StoredChange[] {
    const run: StoredChange[] = [];
    for (let next = this.#waiting.get(this.#cursor + 1); next && run.length < limit; ) {
      this.#waiting.delete(next.seq);
      this.#cursor = next.seq;
      run.push(next);
      next = this.#waiting.get(this.#cursor + 1);
    }
    this.#remember(run);
    return run;
  }

  /**
   * The changes after `since` up to the cursor, from memory and, if that does not reach back so far, from `older`: rows of
   * the feed in order.
   *
   * @returns null when they are not all there
   */
  recall(since: number, older: readonly StoredChange[] = []): StoredChange[] | null {
    if (since > this.#cursor) return null;
    if (since === this.#cursor) return [];
    const begin = this.#recent[0]?.seq ?? this.#cursor + 1;
    if (since + 1 >= begin) return this.#recent.slice(since + 1 - begin);
    const oldest = older[0]?.seq;
    if (oldest === undefined || since + 1 < oldest) return null;
    const before = older.slice(since + 1 - oldest, Math.max(0, begin - oldest));
    return (before.at(-1)?.seq ?? since) === begin - 1 ? [...before, ...this.#recent] : null;
  }

  #remember(run: readonly StoredChange[]): void {
    for (const change of run) {
      this.#recent.push(change);
      this.#recentWeight += weightOf(change);
    }
    let dropped = 0;
    while (this.#recent.length - dropped > maxPull || this.#recentWeight > maxRecentWeight) {
      const oldest = this.#recent[dropped];
      if (!oldest) break;
      this.#recentWeight -= weightOf(oldest);
      dropped += 1;
    }
    if (dropped > 0) this.#recent = this.#recent.slice(dropped);
  }
}
