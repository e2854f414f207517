import { LRUCache } from "lru-cache";
import { RateLimiterMemory } from "rate-limiter-flexible";
import type { Channel } from "../server/platform/feed.ts";
import type { Connection } from "./connection.ts";
import type { TypingFrame } from "./contract.ts";
import type { NodeBus } from "./hints.ts";

/** Relayed per channel and second; with more people typing than that, nobody could read who. */
const relaysPerSecond = 20;

/** Passes on who is typing, to those who are in the channel now; nothing is kept. */
export class Typing {
  readonly #bus: NodeBus;
  readonly #expiresInMs: number;
  readonly #budget = new RateLimiterMemory({ points: relaysPerSecond, duration: 1 });
  /** What was said lately and need not be repeated yet. */
  readonly #said: LRUCache<string, boolean>;

  constructor(bus: NodeBus, expiresInMs: number) {
    this.#bus = bus;
    this.#expiresInMs = expiresInMs;
    this.#said = new LRUCache({ max: 10_000, ttl: expiresInMs / 3 });
  }

  tell(channel: Channel, connection: Connection, about: string | null, typing: boolean): void {
    const key = `${connection.socket.id} ${channel} ${about}`;
    if (this.#said.get(key) === typing) return;
    this.#said.set(key, typing);
    const frame: TypingFrame = { channel, userId: connection.userId, about, typing, expiresInMs: this.#expiresInMs };
    this.#budget.consume(channel).then(
      () => {
        connection.socket.local.to(channel).emit("typing", frame);
        this.#bus.tell("typing", frame);
      },
      () => {}, // dropped: it is repeated, or it expires
    );
  }
}
