import type { Change } from "../platform/feed.ts";

type Entities = Record<string, Map<string, Record<string, unknown>>>;

/** A client's copy of a channel, kept by the rule that all clients follow. */
export interface Copy {
  readonly seq: number;
  apply(change: Change): void;
  clone(): Copy;
  toJSON(): unknown;
}

/** A copy that starts with a snapshot. Applying out of order throws. */
export function copyOf(snapshot: { seq: number; entities: Record<string, object[]> }): Copy {
  let seq = snapshot.seq;
  const entities: Entities = {};
  for (const [entity, rows] of Object.entries(snapshot.entities)) {
    entities[entity] = new Map((rows as Record<string, unknown>[]).map((row) => [row["id"] as string, row]));
  }
  return {
    get seq() {
      return seq;
    },
    apply(change) {
      if (change.seq !== seq + 1) throw new Error(`${change.channel}: ${change.seq} came after ${seq}`);
      seq = change.seq;
      entities[change.entity] ??= new Map();
      const known = entities[change.entity] as Map<string, Record<string, unknown>>;
      if (change.op === "delete") known.delete(change.entityId);
      else if (change.op === "create") known.set(change.entityId, change.patch);
      else known.set(change.entityId, { ...known.get(change.entityId), ...change.patch });
    },
    clone: () =>
      copyOf({
        seq,
        entities: Object.fromEntries(Object.entries(entities).map(([name, rows]) => [name, [...rows.values()]])),
      }),
    toJSON() {
      const byId = Object.entries(entities).map(
        ([entity, rows]) => [entity, Object.fromEntries([...rows].sort(([a], [b]) => (a < b ? -1 : 1)))] as const,
      );
      return { seq, entities: Object.fromEntries(byId.filter(([, rows]) => Object.keys(rows).length > 0)) };
    },
  };
}
