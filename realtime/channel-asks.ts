import { setImmediate as nextTurn } from "node:timers/promises";
import { parseChannel, type Reading } from "../server/domain/channels.ts";
import { type AppError, conflict, notFound, toAppError } from "../server/errors.ts";
import { type Channel, publicChange, type StoredChange } from "../server/platform/feed.ts";
import type { ChannelFeed } from "./channel-feed.ts";
import type { Connection } from "./connection.ts";
import type { Position } from "./contract.ts";
import { totalWeight } from "./framing.ts";

/** Somebody wants to know what a channel holds after a cursor. */
export interface Ask {
  readonly connection: Connection;
  /** The last change they have; null: nothing of the past is wanted. */
  readonly since: number | null;
  readonly epoch?: string | undefined;
  /** Whether they must be among the readers; who is listening already need not. */
  readonly check: boolean;
  /** Access may have been taken while the check was under way. */
  doubtful?: boolean;
  withdrawn?: boolean;
  /** Called in the very moment in which the position holds, so that what comes next can be listened to without a gap. */
  settle(position: Position): void;
  refuse(error: AppError): void;
}

interface AskHost {
  readonly epoch: string;
  /** One statement per kind of channel for all who ask in the same turn. */
  allowed(reading: Reading): Promise<boolean>;
  failed(channel: Channel, error: unknown): void;
}

/** Asks that are settled before others get a turn. */
const answersPerTurn = 100;
/** An answer that would be heavier is none: a snapshot carries less. */
const maxAnswerWeight = 4 * 1024 * 1024;

/** Answers those who ask a channel at the same time together: one look at access, and at most one at the feed. */
export class ChannelAsks {
  readonly #channel: Channel;
  readonly #feed: ChannelFeed;
  readonly #host: AskHost;
  /** Called when nothing is left to answer. */
  readonly #done: () => void;
  #asks: Ask[] = [];
  #answering: Ask[] = [];
  #serving = false;

  constructor(channel: Channel, feed: ChannelFeed, host: AskHost, done: () => void) {
    this.#channel = channel;
    this.#feed = feed;
    this.#host = host;
    this.#done = done;
  }

  get busy(): boolean {
    return this.#serving;
  }

  add(ask: Ask): void {
    this.#asks.push(ask);
    void this.#serve();
  }

  /** The connection wants nothing of the channel any more. */
  withdraw(connection: Connection): void {
    for (const ask of this.#inHand()) if (ask.connection === connection) ask.withdrawn = true;
  }

  /** These people, or anybody, may have lost access: who was found to have it before that is looked at again. */
  doubt(userIds?: ReadonlySet<string>): void {
    for (const ask of this.#inHand()) if (!userIds || userIds.has(ask.connection.userId)) ask.doubtful = true;
  }

  *#inHand(): Iterable<Ask> {
    yield* this.#asks;
    yield* this.#answering;
  }

  async #serve(): Promise<void> {
    if (this.#serving) return;
    this.#serving = true;
    await nextTurn(); // those who come in the same turn are served together
    while (this.#asks.length > 0) {
      this.#answering = this.#asks.splice(0);
      try {
        await this.#answer(this.#answering);
      } catch (error) {
        const refusal = toAppError(error);
        this.#host.failed(this.#channel, error);
        for (const ask of this.#answering) ask.refuse(refusal);
      }
      this.#answering = [];
    }
    this.#serving = false;
    this.#done();
  }

  /** Takes every ask it has settled or refused out of `asks`. */
  async #answer(asks: Ask[]): Promise<void> {
    await this.#feed.opened();
    const sinces = asks.flatMap((ask) => ask.since ?? []);
    if (sinces.some((since) => since > this.#feed.cursor)) await this.#feed.reachHead();
    const history = await this.#feed.history(sinces);
    // After the reads: whoever is a reader now may see whatever was committed before.
    const allowed = await this.#readers(asks);
    for (let done = 1; asks.length > 0; done += 1) {
      if (done % answersPerTurn === 0) await nextTurn();
      const ask = asks.shift() as Ask;
      if (!ask.connection.connected) continue;
      if (ask.withdrawn) ask.refuse(conflict("The channel was left meanwhile."));
      else if (ask.check && ask.doubtful) this.#asks.push(ask);
      else if (ask.check && !allowed.has(ask)) ask.refuse(notFound("channel"));
      else ask.settle(this.#position(ask, history));
    }
  }

  async #readers(asks: readonly Ask[]): Promise<Set<Ask>> {
    const allowed = new Set<Ask>();
    await Promise.all(
      asks.map(async (ask) => {
        ask.doubtful = false;
        if (!ask.check || (await this.#mayRead(ask.connection.userId))) allowed.add(ask);
      }),
    );
    return allowed;
  }

  #mayRead(userId: string): boolean | Promise<boolean> {
    const name = parseChannel(this.#channel);
    if (name?.kind === "user") return name.id === userId;
    return this.#host.allowed({ channel: this.#channel, userId });
  }

  #position({ since, epoch }: Ask, history: readonly StoredChange[]): Position {
    const here = { epoch: this.#host.epoch, head: this.#feed.cursor };
    if (since === null) return { ...here, changes: [] };
    if (epoch !== undefined && epoch !== here.epoch) return { ...here, resync: true };
    const changes = this.#feed.recall(since, history);
    if (!changes || totalWeight(changes) > maxAnswerWeight) return { ...here, resync: true };
    return { ...here, changes: changes.map(publicChange) };
  }
}
