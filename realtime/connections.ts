import type { Connection } from "./connection.ts";

/** The sockets of this node, by person. */
export class Connections {
  readonly #byUser = new Map<string, Set<Connection>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get userIds(): Iterable<string> {
    return this.#byUser.keys();
  }

  add(connection: Connection): void {
    const { userId } = connection;
    const theirs = this.#byUser.get(userId);
    if (theirs) theirs.add(connection);
    else this.#byUser.set(userId, new Set([connection]));
    this.#size += 1;
  }

  delete(connection: Connection): void {
    const theirs = this.#byUser.get(connection.userId);
    if (!theirs?.delete(connection)) return;
    if (theirs.size === 0) this.#byUser.delete(connection.userId);
    this.#size -= 1;
  }

  of(userId: string): Iterable<Connection> {
    return this.#byUser.get(userId) ?? [];
  }

  *[Symbol.iterator](): Iterator<Connection> {
    for (const theirs of this.#byUser.values()) yield* theirs;
  }
}
