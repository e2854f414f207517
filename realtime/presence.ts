import type { Channel } from "../server/platform/feed.ts";
import type { Connection } from "./connection.ts";
import type { PresenceFrame, PresenceState, PresentMember } from "./contract.ts";
import type { NodeBus } from "./hints.ts";
import type { GatewayServer } from "./io.ts";
import type { GatewayOptions } from "./options.ts";

const maxMembers = 200;

/** Who shows themselves in one channel. */
interface Gathering {
  /** On this node; who spoke last is last. */
  readonly here: Map<Connection, PresenceState>;
  /** What other nodes said of theirs, and until when it counts. */
  readonly elsewhere: Map<string, { members: PresentMember[]; total: number; until: number }>;
  /** Came into the room since the last frame. */
  readonly newcomers: Set<Connection>;
  changedHere: boolean;
  changed: boolean;
  timer: NodeJS.Timeout | null;
  lastAt: number;
}

/**
 * Shows in each channel who is there. Frames carry everybody (up to a bound), are sent at most once in a while, the bigger
 * the room the more seldom, and once for the whole room.
 */
export class Presence {
  readonly #io: GatewayServer;
  readonly #bus: NodeBus;
  readonly #nodeId: string;
  readonly #options: GatewayOptions;
  readonly #gatherings = new Map<Channel, Gathering>();
  readonly #refresh: NodeJS.Timeout;

  constructor(io: GatewayServer, bus: NodeBus, nodeId: string, options: GatewayOptions) {
    this.#io = io;
    this.#bus = bus;
    this.#nodeId = nodeId;
    this.#options = options;
    this.#refresh = setInterval(() => this.#repeat(), options.presenceRefreshMs);
  }

  /** @param state null: hidden again */
  show(channel: Channel, connection: Connection, state: PresenceState | null): void {
    const gathering = this.#gathering(channel);
    const was = gathering.here.delete(connection);
    if (state) gathering.here.set(connection, state);
    else if (!was) return;
    gathering.changedHere = true;
    this.#plan(channel, gathering);
  }

  entered(channel: Channel, connection: Connection): void {
    if (this.#roomSize(channel) === 1) this.#bus.tell("presence:ask", channel);
    const gathering = this.#gatherings.get(channel);
    if (!gathering) return;
    gathering.newcomers.add(connection);
    this.#plan(channel, gathering);
  }

  left(channel: Channel, connection: Connection): void {
    const gathering = this.#gatherings.get(channel);
    if (!gathering) return;
    gathering.newcomers.delete(connection);
    if (gathering.here.delete(connection)) gathering.changedHere = true;
    this.#plan(channel, gathering);
  }

  /** Another node tells who is there. */
  hear(nodeId: string, channel: Channel, members: PresentMember[], total: number): void {
    if (this.#roomSize(channel) === 0) return;
    const gathering = this.#gathering(channel);
    const before = gathering.elsewhere.get(nodeId);
    if (total === 0) gathering.elsewhere.delete(nodeId);
    else gathering.elsewhere.set(nodeId, { members, total, until: Date.now() + 3 * this.#options.presenceRefreshMs });
    if (JSON.stringify(before?.members ?? []) === JSON.stringify(members) && (before?.total ?? 0) === total) return;
    gathering.changed = true;
    this.#plan(channel, gathering);
  }

  /** Another node wants to know. */
  asked(channel: Channel): void {
    const gathering = this.#gatherings.get(channel);
    if (gathering && gathering.here.size > 0) this.#tellNodes(channel, gathering);
  }

  close(): void {
    clearInterval(this.#refresh);
    for (const [channel, gathering] of this.#gatherings) {
      if (gathering.timer) clearTimeout(gathering.timer);
      if (gathering.here.size > 0) this.#bus.tell("presence", this.#nodeId, channel, [], 0);
    }
    this.#gatherings.clear();
  }

  #gathering(channel: Channel): Gathering {
    let gathering = this.#gatherings.get(channel);
    if (!gathering) {
      gathering = {
        here: new Map(),
        elsewhere: new Map(),
        newcomers: new Set(),
        changedHere: false,
        changed: false,
        timer: null,
        lastAt: Number.NEGATIVE_INFINITY,
      };
      this.#gatherings.set(channel, gathering);
    }
    return gathering;
  }

  /** A room of n gets n frames of up to n members, so big rooms get them more seldom. */
  #plan(channel: Channel, gathering: Gathering): void {
    if (gathering.timer) return;
    const leastMs = this.#options.presenceMs * Math.max(1, this.#roomSize(channel) / maxMembers);
    const waitMs = Math.max(0, gathering.lastAt + leastMs - performance.now());
    gathering.timer = setTimeout(() => this.#tell(channel, gathering), waitMs);
  }

  #tell(channel: Channel, gathering: Gathering): void {
    const { changedHere, changed } = gathering;
    const newcomers = [...gathering.newcomers].filter(
      (connection) => connection.connected && !connection.lagging && connection.channels.has(channel),
    );
    gathering.timer = null;
    gathering.lastAt = performance.now();
    gathering.changedHere = false;
    gathering.changed = false;
    gathering.newcomers.clear();
    if (changedHere) this.#tellNodes(channel, gathering);
    const rooms = changedHere || changed ? channel : newcomers.map((connection) => connection.socket.id);
    if (rooms.length > 0) this.#io.local.to(rooms).emit("presence", frameOf(channel, gathering));
    if (this.#roomSize(channel) === 0) gathering.elsewhere.clear();
    if (gathering.here.size === 0 && gathering.elsewhere.size === 0) this.#gatherings.delete(channel);
  }

  #tellNodes(channel: Channel, { here }: Gathering): void {
    const members = membersOf(here);
    this.#bus.tell("presence", this.#nodeId, channel, members.slice(0, maxMembers), members.length);
  }

  /** Says again who is here, so that a node which missed it knows; forgets nodes that say nothing any more. */
  #repeat(): void {
    const now = Date.now();
    for (const [channel, gathering] of this.#gatherings) {
      if (gathering.here.size > 0) this.#tellNodes(channel, gathering);
      for (const [nodeId, said] of gathering.elsewhere) {
        if (said.until > now) continue;
        gathering.elsewhere.delete(nodeId);
        gathering.changed = true;
        this.#plan(channel, gathering);
      }
    }
  }

  #roomSize(channel: Channel): number {
    return this.#io.of("/").adapter.rooms.get(channel)?.size ?? 0;
  }
}

/** One entry a person, with what they said last. */
function membersOf(here: ReadonlyMap<Connection, PresenceState>): PresentMember[] {
  const states = new Map<string, PresenceState>();
  for (const [connection, state] of here) states.set(connection.userId, state);
  return [...states].map(([userId, state]) => ({ userId, state }));
}

function frameOf(channel: Channel, { here, elsewhere }: Gathering): PresenceFrame {
  const members = new Map(membersOf(here).map((member) => [member.userId, member]));
  let unseen = 0;
  for (const said of elsewhere.values()) {
    for (const member of said.members) if (!members.has(member.userId)) members.set(member.userId, member);
    unseen += said.total - said.members.length;
  }
  return { channel, members: [...members.values()].slice(0, maxMembers), total: members.size + unseen };
}
