import { allowedReadings, type Reading } from "../server/domain/channels.ts";
import { type Channel, type Head, readHeads, type StoredChange } from "../server/platform/feed.ts";
import type { Sql } from "../server/platform/sql.ts";
import { batched } from "./batch.ts";
import type { Hint } from "./hints.ts";
import { servedChannelCount } from "./metrics.ts";
import { type ChannelHost, ServedChannel } from "./served-channel.ts";

type Host = Omit<ChannelHost, "head" | "allowed">;

/** The channels that this node serves; each exists while somebody listens, and a little longer. */
export class ServedChannels {
  readonly #channels = new Map<Channel, ServedChannel>();
  readonly #sql: Sql;
  readonly #host: ChannelHost;
  #polling = false;

  constructor(host: Host) {
    this.#sql = host.sql;
    const head = batched(async (channels: Channel[]) => {
      const heads = await readHeads(host.sql, channels);
      return (channel) => heads.get(channel) as Head;
    });
    const allowed = batched(async (readings: string[]) => {
      const found = await allowedReadings(host.sql, readings.map(parseReading));
      const names = new Set([...found].map(formatReading));
      return (reading) => names.has(reading);
    });
    this.#host = { ...host, head, allowed: (reading) => allowed(formatReading(reading)) };
  }

  find(name: Channel): ServedChannel | undefined {
    return this.#channels.get(name);
  }

  get(name: Channel): ServedChannel {
    let channel = this.#channels.get(name);
    if (!channel) {
      channel = new ServedChannel(name, this.#host);
      this.#channels.set(name, channel);
      servedChannelCount.inc();
    }
    return channel;
  }

  /**
   * The node itself wants to hear a channel, whether or not a socket joins it.
   *
   * @returns when it does
   */
  follow(name: Channel): Promise<void> {
    const channel = this.get(name);
    channel.followers += 1;
    return channel.feed.opened();
  }

  unfollow(name: Channel): void {
    const channel = this.#channels.get(name);
    if (!channel) return;
    channel.followers -= 1;
    channel.idleSince = Date.now();
  }

  /** These people may have lost access somewhere: joins that are under way must not slip through. */
  doubt(userIds: ReadonlySet<string>): void {
    for (const channel of this.#channels.values()) channel.doubt(userIds);
  }

  /** Changes committed in this process. */
  offer(changes: readonly StoredChange[]): void {
    for (const change of changes) this.#channels.get(change.channel)?.feed.offer([change]);
  }

  /** Changes committed elsewhere. */
  hear(hints: readonly Hint[]): void {
    for (const { channel, seq, change } of hints) {
      const feed = this.#channels.get(channel)?.feed;
      if (change) feed?.offer([change]);
      else feed?.announce({ channel, seq, floor: 0 });
    }
  }

  /** Asks where all channels stand, so that no lost hint delays a change for longer; drops those nobody needs. */
  async poll(): Promise<void> {
    if (this.#polling) return;
    this.#polling = true;
    try {
      this.#dropIdle();
      const cursors = new Map([...this.#channels].map(([name, channel]) => [name, channel.feed.cursor]));
      if (cursors.size === 0) return;
      for (const [name, head] of await readHeads(this.#sql, [...cursors.keys()])) {
        const feed = this.#channels.get(name)?.feed;
        if (head.seq < (cursors.get(name) ?? 0)) feed?.rewound(head);
        else feed?.announce(head);
      }
    } finally {
      this.#polling = false;
    }
  }

  close(): void {
    for (const name of this.#channels.keys()) this.#drop(name);
  }

  #dropIdle(): void {
    const before = Date.now() - this.#host.options.lingerMs;
    for (const [name, channel] of this.#channels) if (channel.idle && channel.idleSince < before) this.#drop(name);
  }

  #drop(name: Channel): void {
    this.#channels.get(name)?.feed.close();
    if (this.#channels.delete(name)) servedChannelCount.dec();
  }
}

const formatReading = ({ channel, userId }: Reading) => `${channel} ${userId}`;

function parseReading(reading: string): Reading {
  const [channel, userId] = reading.split(" ") as [Channel, string];
  return { channel, userId };
}
