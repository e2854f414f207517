import { allowedReadings, type Reading } from "../server/domain/channels.ts";
import type { Channel, StoredChange } from "../server/platform/feed.ts";
import type { RevokedTokens } from "../server/platform/revoked-tokens.ts";
import { type Standing, sessionsAlive } from "../server/platform/sessions.ts";
import type { Sql } from "../server/platform/sql.ts";
import type { Connection, SignedIn } from "./connection.ts";
import type { Connections } from "./connections.ts";
import type { ServedChannels } from "./served-channels.ts";

interface WatchHost {
  readonly sql: Sql;
  readonly revokedTokens: RevokedTokens;
  readonly connections: Connections;
  readonly channels: ServedChannels;
  /** Memberships looked at per sweep. */
  readonly sweepReadings: number;
  failed(error: unknown): void;
}

/** In a person's own channel: what their rights hang on. */
const ofPerson = new Set(["user", "session", "membership", "projectAccess"]);

/**
 * Takes back what people lost other than by a `revokes` in the channel itself: at once when a change tells of it, and
 * within a sweep when nothing does.
 */
export class AccessWatch {
  readonly #host: WatchHost;
  readonly #doubtfulUsers = new Set<string>();
  readonly #doubtfulChannels = new Set<Channel>();
  #planned = false;
  #sweeping = false;
  /** Where the next sweep goes on. */
  #offset = 0;

  constructor(host: WatchHost) {
    this.#host = host;
  }

  /** Looks at whatever delivered changes may have taken from somebody. */
  notice(channel: Channel, changes: readonly StoredChange[]): void {
    const kind = channel.slice(0, channel.indexOf(":"));
    for (const { entity, op, entityId, patch } of changes) {
      if (kind === "user" && ofPerson.has(entity)) this.#doubtfulUsers.add(channel.slice("user:".length));
      else if (entity === "projectMember") this.#doubtfulChannels.add(channel);
      else if (entity === "project" && (op === "delete" || "visibility" in patch)) {
        this.#doubtfulChannels.add(`project:${entityId}`).add(`project-time:${entityId}`);
      } else if (entity === "task" && op === "delete") {
        this.#doubtfulChannels.add(`task:${entityId}`).add(`task-internal:${entityId}`);
      } else if (entity === "organization" && op === "delete") this.#doubtfulChannels.add(channel);
    }
    if (this.#doubtfulUsers.size > 0 || this.#doubtfulChannels.size > 0) this.#plan();
  }

  /** Somebody's channel is followed from now on: what they lost just before was not heard. */
  begun(userId: string): void {
    this.#doubtfulUsers.add(userId);
    this.#plan();
  }

  #plan(): void {
    if (this.#planned) return;
    this.#planned = true;
    setImmediate(() => {
      this.#planned = false;
      this.#examineDoubtful().catch((error) => this.#host.failed(error)); // the sweep looks again
    });
  }

  /** Looks at all sessions, and at so many memberships as one sweep may. */
  async sweep(): Promise<void> {
    if (this.#sweeping) return;
    this.#sweeping = true;
    try {
      const now = Date.now();
      for (const connection of this.#host.connections) connection.cutIfStuck(now);
      await this.#examineSessions([...this.#host.connections]);
      await this.#examineReadings(this.#nextReadings());
    } finally {
      this.#sweeping = false;
    }
  }

  async #examineDoubtful(): Promise<void> {
    const connections = [...this.#doubtfulUsers].flatMap((userId) => [...this.#host.connections.of(userId)]);
    const channels = [...this.#doubtfulChannels].flatMap((name) => this.#host.channels.find(name) ?? []);
    if (this.#doubtfulUsers.size > 0) this.#host.channels.doubt(this.#doubtfulUsers);
    for (const channel of channels) channel.doubt();
    this.#doubtfulUsers.clear();
    this.#doubtfulChannels.clear();
    const listening = channels.flatMap((channel) => readingsOf([...channel.listeners], channel.name));
    await Promise.all([
      this.#examineSessions(connections),
      this.#examineReadings([...connections.flatMap(everyReading), ...listening]),
    ]);
  }

  async #examineSessions(connections: readonly Connection[]): Promise<void> {
    if (connections.length === 0) return;
    const sessionIds = new Set(connections.map((connection) => connection.sessionId));
    const alive = await sessionsAlive(this.#host.sql, [...sessionIds]);
    for (const connection of connections) {
      const { sessionId, tokenId } = connection.who;
      // A session that came with a renewal meanwhile was not asked about.
      if (sessionIds.has(sessionId) && !isStillGood(connection.who, alive.get(sessionId)))
        connection.end("auth.invalid");
      else if (tokenId && this.#host.revokedTokens.has(tokenId) === true) connection.end("auth.invalid");
    }
  }

  async #examineReadings(readings: readonly Reading[]): Promise<void> {
    if (readings.length === 0) return;
    const distinct = [
      ...new Map(readings.map((reading) => [`${reading.channel} ${reading.userId}`, reading])).values(),
    ];
    const allowed = await allowedReadings(this.#host.sql, distinct);
    const lost = Map.groupBy(
      distinct.filter((reading) => !allowed.has(reading)),
      (reading) => reading.channel,
    );
    for (const [channel, taken] of lost) {
      this.#host.channels.find(channel)?.expel(new Set(taken.map((reading) => reading.userId)));
    }
  }

  #nextReadings(): Reading[] {
    const all = [...this.#host.connections].flatMap(everyReading);
    const { sweepReadings } = this.#host;
    if (all.length <= sweepReadings) return all;
    const begin = this.#offset % all.length;
    this.#offset = begin + sweepReadings;
    return [
      ...all.slice(begin, begin + sweepReadings),
      ...all.slice(0, Math.max(0, begin + sweepReadings - all.length)),
    ];
  }
}

/** What a token was good for when it came, it must be good for still. */
const isStillGood = ({ scopes }: SignedIn, standing: Standing | undefined): boolean =>
  standing !== undefined && (!scopes || scopes.every((scope) => standing.scopes?.includes(scope)));

const readingsOf = (connections: readonly Connection[], channel: Channel): Reading[] =>
  connections.map(({ userId }) => ({ channel, userId }));

const everyReading = ({ userId, channels }: Connection): Reading[] =>
  [...channels.keys()].map((channel) => ({ channel, userId }));
