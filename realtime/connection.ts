import type { Actor } from "../server/context.ts";
import type { Channel } from "../server/platform/feed.ts";
import { measureBacklog } from "./backlog.ts";
import type { SessionEndedReason } from "./contract.ts";
import type { GatewaySocket } from "./io.ts";
import { evictionCount, laggingCount } from "./metrics.ts";
import type { GatewayOptions } from "./options.ts";
import type { ServedChannel } from "./served-channel.ts";

/** Who a socket belongs to, and for how long the token says so. */
export interface SignedIn extends Actor {
  /** Of an access token, by which it can be revoked. */
  readonly tokenId?: string;
  readonly expiresAt: Date;
}

/** One socket: who is behind it, what it joined, and whether it keeps up. */
export class Connection {
  readonly socket: GatewaySocket;
  readonly channels = new Map<Channel, ServedChannel>();
  /** Joins that are not answered yet. */
  joining = 0;
  #who: SignedIn;
  #expiry: NodeJS.Timeout | undefined;
  #heads: NodeJS.Timeout;
  #laggingSince: number | null = null;
  readonly #backlog: ReturnType<typeof measureBacklog>;
  readonly #options: GatewayOptions;

  constructor(socket: GatewaySocket, who: SignedIn, options: GatewayOptions) {
    this.socket = socket;
    this.#who = who;
    this.#options = options;
    this.#backlog = measureBacklog(socket, {
      grown: (unsentBytes) => this.#grown(unsentBytes),
      drained: () => this.#drained(),
    });
    this.renew(who);
    // The first time comes early for some and late for others, so that they do not all speak at once.
    this.#heads = setTimeout(() => this.#tellHeads(), options.headsToClientMs * (0.5 + Math.random() / 2));
  }

  get who(): SignedIn {
    return this.#who;
  }

  get userId(): string {
    return this.#who.userId;
  }

  get sessionId(): string {
    return this.#who.sessionId;
  }

  get connected(): boolean {
    return this.socket.connected;
  }

  /** Behind by more than it may be: nothing but answers is sent until it has read what was. */
  get lagging(): boolean {
    return this.#laggingSince !== null;
  }

  /** Goes on until the new token ends. */
  renew(who: SignedIn): void {
    this.#who = who;
    clearTimeout(this.#expiry);
    const leftMs = Math.min(who.expiresAt.getTime() - Date.now(), 2 ** 31 - 1);
    this.#expiry = setTimeout(() => this.end("auth.expired"), Math.max(0, leftMs));
  }

  /** Says why and disconnects. */
  end(reason: SessionEndedReason): void {
    if (!this.connected) return;
    evictionCount.inc({ reason });
    this.socket.emit("session:ended", { reason });
    this.socket.disconnect(true);
  }

  /** Cuts off who does not read at all. */
  cutIfStuck(now: number): void {
    if (this.#laggingSince !== null && now - this.#laggingSince > this.#options.maxLagMs) this.#backlog.cut();
  }

  /** The socket is gone: ends what would outlive it. */
  dispose(): void {
    clearTimeout(this.#expiry);
    clearTimeout(this.#heads);
    if (this.lagging) laggingCount.dec();
    this.#laggingSince = null;
    for (const channel of this.channels.values()) channel.leave(this);
  }

  #grown(unsentBytes: number): void {
    if (this.#laggingSince === null) {
      if (unsentBytes < this.#options.maxUnsentBytes || !this.connected) return;
      this.#laggingSince = Date.now();
      laggingCount.inc();
      for (const channel of this.channels.values()) channel.pause(this);
    } else if (unsentBytes > 8 * this.#options.maxUnsentBytes) {
      this.#backlog.cut(); // answers alone have filled it
    }
  }

  #drained(): void {
    if (this.#laggingSince === null) return;
    this.#laggingSince = null;
    laggingCount.dec();
    for (const channel of this.channels.values()) channel.resume(this);
  }

  #tellHeads(): void {
    this.#heads = setTimeout(() => this.#tellHeads(), this.#options.headsToClientMs);
    if (this.lagging || this.channels.size === 0) return;
    const heads: Record<Channel, number> = {};
    for (const [name, channel] of this.channels) heads[name] = channel.sent;
    this.socket.emit("heads", heads);
  }
}
