import type { Reading } from "../server/domain/channels.ts";
import { type Channel, type Head, publicChange, type StoredChange } from "../server/platform/feed.ts";
import type { Sql } from "../server/platform/sql.ts";
import { traceMoment } from "../server/platform/tracing.ts";
import { type Ask, ChannelAsks } from "./channel-asks.ts";
import { ChannelFeed } from "./channel-feed.ts";
import type { Connection } from "./connection.ts";
import type { ChannelClosedReason, Position } from "./contract.ts";
import { framesOf } from "./framing.ts";
import type { GatewayServer } from "./io.ts";
import { evictionCount, fanOutDelay, sentCount } from "./metrics.ts";
import type { GatewayOptions } from "./options.ts";

/** What a channel needs of its node. */
export interface ChannelHost {
  readonly io: GatewayServer;
  readonly sql: Sql;
  readonly epoch: string;
  readonly options: GatewayOptions;
  /** One statement for all channels that ask in the same turn. */
  head(channel: Channel): Promise<Head>;
  /** One statement per kind of channel for all who ask in the same turn. */
  allowed(reading: Reading): Promise<boolean>;
  /** The changes went out. */
  delivered(channel: Channel, changes: readonly StoredChange[]): void;
  entered(channel: Channel, connection: Connection): void;
  left(channel: Channel, connection: Connection): void;
  failed(channel: Channel, error: unknown): void;
}

/** A channel on this node: one cursor into its feed, and the sockets that listen. */
export class ServedChannel {
  readonly name: Channel;
  readonly feed: ChannelFeed;
  /** Those who follow without a socket in the room: the node itself. */
  followers = 0;
  idleSince = Date.now();
  /** The number of the last change that the room was sent. */
  #sent: number | null = null;
  /** Where each listener stands; null: in the room. */
  readonly #listeners = new Map<Connection, number | null>();
  readonly #host: ChannelHost;
  readonly #asks: ChannelAsks;

  constructor(name: Channel, host: ChannelHost) {
    this.name = name;
    this.#host = host;
    this.feed = new ChannelFeed(name, {
      sql: host.sql,
      repairAfterMs: host.options.repairAfterMs,
      head: (channel) => host.head(channel),
      deliver: (changes) => this.#deliver(changes),
      restMs: () => Math.min(100, this.#roomSize() / 50),
      lost: () => this.#lost(),
      failed: (error) => host.failed(name, error),
    });
    this.#asks = new ChannelAsks(name, this.feed, host, () => {
      this.idleSince = Date.now();
    });
  }

  get sent(): number {
    return this.#sent ?? this.feed.cursor;
  }

  get listeners(): Iterable<Connection> {
    return this.#listeners.keys();
  }

  get idle(): boolean {
    return this.#listeners.size === 0 && this.followers === 0 && !this.#asks.busy;
  }

  /** What the channel holds after a cursor, for those who may read it. */
  ask(ask: Ask): void {
    this.#asks.add(ask);
  }

  /** From now on the connection hears the channel. To be called in the moment in which a position is settled. */
  enter(connection: Connection): void {
    this.#listeners.set(connection, connection.lagging ? this.sent : null);
    connection.channels.set(this.name, this);
    if (connection.lagging) return;
    void connection.socket.join(this.name);
    this.#host.entered(this.name, connection);
  }

  leave(connection: Connection): void {
    this.#asks.withdraw(connection);
    this.#remove(connection);
  }

  /** The connection gets no more of the channel until `resume`. */
  pause(connection: Connection): void {
    if (this.#listeners.get(connection) !== null) return;
    this.#listeners.set(connection, this.sent);
    void connection.socket.leave(this.name);
  }

  /** Brings a paused connection from its own cursor to the room's, and back into the room. */
  resume(connection: Connection): void {
    const since = this.#listeners.get(connection);
    if (since === undefined || since === null) return;
    this.ask({
      connection,
      since,
      check: false,
      settle: (position) => this.#catchUp(connection, since, position),
      refuse: () => setTimeout(() => this.resume(connection), this.#host.options.headsPollMs),
    });
  }

  /** Looks again at joins that are under way, of these people or of anybody. */
  doubt(userIds?: ReadonlySet<string>): void {
    this.#asks.doubt(userIds);
  }

  /** Closes the channel for people who may no longer read it. */
  expel(userIds: ReadonlySet<string>): void {
    this.#asks.doubt(userIds);
    for (const connection of [...this.#listeners.keys()]) {
      if (userIds.has(connection.userId)) this.#dismiss(connection, "access.denied");
    }
  }

  #remove(connection: Connection): void {
    connection.channels.delete(this.name);
    if (!this.#listeners.delete(connection)) return;
    void connection.socket.leave(this.name);
    this.#host.left(this.name, connection);
    if (this.idle) this.idleSince = Date.now();
  }

  #dismiss(connection: Connection, reason: ChannelClosedReason): void {
    this.#remove(connection);
    evictionCount.inc({ reason });
    connection.socket.emit("channel:closed", { channel: this.name, reason });
  }

  #lost(): void {
    this.#sent = null;
    for (const connection of [...this.#listeners.keys()]) this.#dismiss(connection, "resync");
  }

  #catchUp(connection: Connection, since: number, position: Position): void {
    if (this.#listeners.get(connection) !== since) return; // left meanwhile
    if (position.resync) {
      this.#dismiss(connection, "resync");
      return;
    }
    let from = since;
    for (const changes of framesOf(position.changes)) {
      if (connection.lagging) return;
      const to = from + changes.length;
      this.#listeners.set(connection, to);
      connection.socket.emit("changes", { channel: this.name, epoch: this.#host.epoch, from, to, changes });
      sentCount.inc(changes.length);
      from = to;
    }
    if (!connection.lagging) this.enter(connection);
  }

  /** Sends changes in order; who loses access with one of them is gone before it is sent. */
  #deliver(changes: readonly StoredChange[]): void {
    let together: StoredChange[] = [];
    this.#sent = (changes[0]?.seq ?? 1) - 1;
    for (const change of changes) {
      if (change.revokes?.length) {
        this.#send(together);
        together = [];
        this.expel(new Set(change.revokes));
      }
      together.push(change);
    }
    this.#send(together);
    this.#sent = null;
    this.#host.delivered(this.name, changes);
  }

  #send(changes: readonly StoredChange[]): void {
    for (const frame of framesOf(changes)) {
      const from = this.sent;
      const to = from + frame.length;
      this.#sent = to;
      const size = this.#roomSize();
      if (size === 0) continue;
      const shown = frame.map(publicChange);
      // `local`: other nodes have their own cursor. One broadcast is encoded once for the whole room.
      const room = this.#host.io.local.to(this.name);
      room.emit("changes", { channel: this.name, epoch: this.#host.epoch, from, to, changes: shown });
      for (const { type, traceparent: parent } of frame)
        if (parent) traceMoment({ name: "socket.emit", kind: "PRODUCER", parent, attributes: { type, sockets: size } });
      sentCount.inc(frame.length * size);
      fanOutDelay.set(Math.max(0, Date.now() - Date.parse(shown[0]?.at ?? "")) / 1_000);
    }
  }

  #roomSize(): number {
    return this.#host.io.of("/").adapter.rooms.get(this.name)?.size ?? 0;
  }
}
