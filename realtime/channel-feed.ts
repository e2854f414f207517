import { type Channel, type Head, maxPull, readFeed, type StoredChange } from "../server/platform/feed.ts";
import type { Sql } from "../server/platform/sql.ts";
import { ChannelStream } from "./channel-stream.ts";
import { repairCount } from "./metrics.ts";

/** What following a channel needs, and whom it tells. */
export interface FeedSource {
  readonly sql: Sql;
  readonly repairAfterMs: number;
  head(channel: Channel): Promise<Head>;
  /** The next changes in order. Never called while a position is being settled. */
  deliver(changes: StoredChange[]): void;
  /** How long to gather before the next delivery. */
  restMs(): number;
  /** What comes next can no longer be read; the feed goes on from its head. */
  lost(): void;
  failed(error: unknown): void;
}

const pageSize = 500;

/** Follows one channel: hints come in by `offer` and `announce`, what they leave out is read from the database. */
export class ChannelFeed {
  readonly #channel: Channel;
  readonly #source: FeedSource;
  #stream: ChannelStream | null = null;
  #opening: Promise<void> | null = null;
  /** Hints that came before the head was known. */
  #early: StoredChange[] = [];
  #floor = 0;
  #scheduled = false;
  #repairing = false;
  #restUntil = 0;
  #closed = false;

  constructor(channel: Channel, source: FeedSource) {
    this.#channel = channel;
    this.#source = source;
    this.opened().catch((error) => source.failed(error)); // the next poll of the heads, or who asks, opens it
  }

  /** The number of the last change delivered. */
  get cursor(): number {
    return this.#stream?.cursor ?? 0;
  }

  close(): void {
    this.#closed = true;
  }

  /** Resolves when the channel has a cursor. */
  async opened(): Promise<void> {
    if (this.#stream) return;
    this.#opening ??= this.#source
      .head(this.#channel)
      .then((head) => this.announce(head))
      .finally(() => {
        this.#opening = null;
      });
    await this.#opening;
  }

  /** Changes that were committed, in any order, perhaps again. */
  offer(changes: readonly StoredChange[]): void {
    if (this.#stream) this.#stream.offer(changes);
    else if (this.#early.length < maxPull) this.#early.push(...changes);
    this.#schedule();
  }

  /** The channel has reached a number. */
  announce(head: Head): void {
    this.#floor = Math.max(this.#floor, head.floor);
    if (!this.#stream) this.#begin(head);
    this.#stream?.announce(head.seq);
    this.#schedule();
  }

  /** The database has less than it had: it was restored. */
  rewound(head: Head): void {
    if (head.seq < this.cursor) this.#restart(head);
  }

  /** Catches up with what is committed now: a snapshot may have shown more than the hints brought. */
  async reachHead(): Promise<void> {
    this.announce(await this.#source.head(this.#channel));
    await this.#repair();
  }

  /**
   * One read that reaches back as far as any of the cursors needs, for `recall`.
   *
   * @returns nothing when memory is enough
   */
  async history(sinces: readonly number[]): Promise<StoredChange[]> {
    const older = sinces.filter((since) => this.#reachable(since) && !this.#stream?.recall(since));
    return older.length > 0 ? readFeed(this.#source.sql, this.#channel, Math.min(...older), maxPull) : [];
  }

  /** The changes after `since` up to the cursor; null when only a snapshot can bring somebody there. */
  recall(since: number, history: readonly StoredChange[]): StoredChange[] | null {
    return this.#reachable(since) ? (this.#stream?.recall(since, history) ?? null) : null;
  }

  #reachable(since: number): boolean {
    return since >= this.#floor && since <= this.cursor && this.cursor - since <= maxPull;
  }

  #begin(head: Head): void {
    this.#stream = new ChannelStream(head.seq);
    this.#stream.offer(this.#early);
    this.#early = [];
  }

  #restart(head: Head): void {
    this.#stream = null;
    this.#floor = head.floor;
    this.#begin(head);
    this.#source.lost();
  }

  #schedule(): void {
    if (!this.#stream || this.#closed) return;
    if (this.#stream.incomplete) this.#repairSoon();
    if (!this.#stream.ready || this.#scheduled) return;
    this.#scheduled = true;
    const flush = () => {
      this.#scheduled = false;
      this.#flush();
      this.#schedule();
    };
    const restMs = this.#restUntil - performance.now();
    if (restMs > 0) setTimeout(flush, restMs);
    else setImmediate(flush); // all hints of this turn become one delivery
  }

  #flush(): void {
    if (!this.#stream?.ready || this.#closed) return;
    this.#source.deliver(this.#stream.take());
    this.#restUntil = performance.now() + this.#source.restMs();
  }

  /** Gives a late hint a moment, then reads what is missing. */
  #repairSoon(): void {
    if (this.#repairing) return;
    this.#repairing = true;
    setTimeout(() => {
      this.#repair()
        .catch((error) => this.#source.failed(error)) // the next poll of the heads tries again
        .finally(() => {
          this.#repairing = false;
        });
    }, this.#source.repairAfterMs);
  }

  async #repair(): Promise<void> {
    this.#flush();
    while (this.#stream?.incomplete && !this.#closed) {
      const stream = this.#stream;
      const since = stream.cursor;
      repairCount.inc();
      stream.offer(await readFeed(this.#source.sql, this.#channel, since, pageSize));
      if (stream !== this.#stream) return;
      if (stream.incomplete && stream.cursor === since) {
        return this.#restart(await this.#source.head(this.#channel)); // removed by retention, or never there
      }
      this.#flush();
    }
  }
}
