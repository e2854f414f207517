import { type Sql, statement } from "./sql.ts";
import { currentTraceparent } from "./tracing.ts";

/** An audience; who may read it may read everything in it. */
export type Channel = `${ChannelKind}:${string}`;
export const channelKinds = [
  "organization",
  "organization-admins",
  "organization-rates",
  "project",
  "project-time",
  "task",
  "task-internal",
  "dashboard",
  "dashboard-time",
  "timesheet",
  "user",
] as const;
export type ChannelKind = (typeof channelKinds)[number];

/** A committed fact, as every client and consumer sees it. */
export interface Change {
  channel: Channel;
  seq: number;
  /** UUIDv7; the same fact on two channels has two ids. */
  id: string;
  at: string;
  actorId: string | null;
  /** The fact: `task.moved`. */
  type: string;
  entity: string;
  op: "create" | "update" | "delete";
  entityId: string;
  /** The whole view on create; on update the changed fields and `version`; empty on delete. */
  patch: Record<string, unknown>;
  mutationId?: string;
}

/** A change with what only the server may see. */
export interface StoredChange extends Change {
  /** People who may no longer read the channel from this change on. */
  revokes: string[] | null;
  /** The trace it belongs to (W3C Trace Context); absent when nothing is traced. */
  traceparent?: string;
}

/** A change that waits for its transaction's end. */
export interface PendingChange {
  channel: Channel;
  id: string;
  type: string;
  entity: string;
  op: Change["op"];
  entityId: string;
  patch: Record<string, unknown>;
  /** Old values of the patched fields, for history. */
  before: Record<string, unknown> | null;
  revokes: string[] | null;
}

/** What makes a retried mutation answer as the first time. */
export interface MutationRecord {
  actorId: string;
  id: string;
  requestHash: string;
  result: unknown;
}

/**
 * Numbers the changes of a transaction and stores them, with the mutation's answer, in one statement. It must be the
 * last one before COMMIT: it locks the heads of its channels, in sorted order, and so decides the order of commits.
 */
const appendStatement = statement(
  "feed.append",
  `with given as (
    select c.*, row_number() over (partition by c.channel order by c.ord) as nth
    from unnest($1::text[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::uuid[], $7::json[], $8::json[], $9::json[])
      with ordinality as c (channel, id, type, entity, op, entity_id, patch, before, revokes, ord)
  ), head as (
    insert into feed.heads (channel, seq)
    select channel, count(*) from given group by channel order by channel collate "C"
    on conflict (channel) do update set seq = heads.seq + excluded.seq
    returning channel, seq
  ), size as (
    select channel, count(*) as n from given group by channel
  ), answer as (
    insert into feed.mutations (actor_id, mutation_id, request_hash, result)
    select $10::uuid, $11::uuid, $12, $13::json where $11::uuid is not null
  )
  insert into feed.changes (channel, seq, id, at, actor_id, type, entity, op, entity_id, patch, before, revokes, mutation_id, traceparent)
  select g.channel, h.seq - s.n + g.nth, g.id, date_trunc('milliseconds', clock_timestamp()), $10::uuid, g.type, g.entity, g.op, g.entity_id,
    g.patch, g.before, (select array_agg(value::uuid) from json_array_elements_text(g.revokes)), $11::uuid, $14
  from given g join head h using (channel) join size s using (channel)
  order by g.ord
  returning channel, seq, at`,
);

/** The usual case, one change: the same in a plan a third as long. */
const appendOneStatement = statement(
  "feed.append-one",
  `with head as (
    insert into feed.heads (channel, seq) values ($1, 1)
    on conflict (channel) do update set seq = heads.seq + 1
    returning seq
  ), answer as (
    insert into feed.mutations (actor_id, mutation_id, request_hash, result)
    select $10::uuid, $11::uuid, $12, $13::json where $11::uuid is not null
  )
  insert into feed.changes (channel, seq, id, at, actor_id, type, entity, op, entity_id, patch, before, revokes, mutation_id, traceparent)
  select $1, seq, $2::uuid, date_trunc('milliseconds', clock_timestamp()), $10::uuid, $3, $4, $5, $6::uuid, $7::json, $8::json, $9::uuid[], $11::uuid, $14
  from head
  returning channel, seq, at`,
);

/** Writes the changes at the end of the transaction that `sql` belongs to, and tells their places. */
export async function appendToFeed(
  sql: Sql,
  actorId: string | null,
  changes: readonly PendingChange[],
  mutation: MutationRecord | null,
): Promise<StoredChange[]> {
  const traceparent = currentTraceparent();
  const author = [
    actorId,
    mutation?.id ?? null,
    mutation?.requestHash ?? null,
    mutation ? JSON.stringify(mutation.result ?? null) : null,
    traceparent,
  ];
  const [only] = changes;
  const placed =
    changes.length === 1 && only
      ? sql.query<Placed>(appendOneStatement, [
          only.channel,
          only.id,
          only.type,
          only.entity,
          only.op,
          only.entityId,
          JSON.stringify(only.patch),
          only.before && JSON.stringify(only.before),
          only.revokes,
          ...author,
        ])
      : sql.query<Placed>(appendStatement, [
          changes.map((c) => c.channel),
          changes.map((c) => c.id),
          changes.map((c) => c.type),
          changes.map((c) => c.entity),
          changes.map((c) => c.op),
          changes.map((c) => c.entityId),
          changes.map((c) => JSON.stringify(c.patch)),
          changes.map((c) => c.before && JSON.stringify(c.before)),
          changes.map((c) => c.revokes && JSON.stringify(c.revokes)),
          ...author,
        ]);
  // Sequence numbers of one channel rise in the order given, whatever order the rows come back in.
  const next = new Map<string, Placed[]>();
  for (const row of (await placed).sort((a, b) => a.seq - b.seq)) {
    const rows = next.get(row.channel);
    if (rows) rows.push(row);
    else next.set(row.channel, [row]);
  }
  return changes.map(({ before: _, ...change }) => {
    const place = next.get(change.channel)?.shift();
    if (!place) throw new Error("The feed gave a change no place");
    return stored(change, place, { actorId, mutationId: mutation?.id, traceparent });
  });
}

interface Placed {
  channel: string;
  seq: number;
  at: string;
}

const stored = (
  change: Omit<PendingChange, "before">,
  place: Placed,
  {
    actorId,
    mutationId,
    traceparent,
  }: { actorId: string | null; mutationId: string | undefined; traceparent: string | null },
): StoredChange => ({
  channel: change.channel,
  seq: place.seq,
  id: change.id,
  at: place.at,
  actorId,
  type: change.type,
  entity: change.entity,
  op: change.op,
  entityId: change.entityId,
  patch: change.patch,
  ...(mutationId ? { mutationId } : {}),
  revokes: change.revokes,
  ...(traceparent ? { traceparent } : {}),
});

/** What clients may see of a stored change. */
export function publicChange({ revokes: _, traceparent: __, ...change }: StoredChange): Change {
  return change;
}

interface ChangeRow extends Omit<StoredChange, "mutationId"> {
  mutationId: string | null;
}

const readStatement = statement(
  "feed.read",
  `select channel, seq, id, at, actor_id as "actorId", type, entity, op, entity_id as "entityId", patch, revokes, mutation_id as "mutationId"
  from feed.changes where channel = $1 and seq > $2 order by seq limit $3`,
);

/** The changes of a channel after `since`, in order, at most `limit`. */
export async function readFeed(sql: Sql, channel: Channel, since: number, limit: number): Promise<StoredChange[]> {
  const rows = await sql.query<ChangeRow>(readStatement, [channel, since, limit]);
  return rows.map(({ mutationId, ...change }) => (mutationId ? { ...change, mutationId } : change));
}

export interface Head {
  channel: Channel;
  seq: number;
  /** Changes up to here can no longer be pulled. */
  floor: number;
}

const headsStatement = statement(
  "feed.heads",
  "select channel, seq, floor from feed.heads where channel = any($1::text[])",
);

/** The last number of each channel; a channel that has none yet is at 0. */
export async function readHeads(sql: Sql, channels: readonly Channel[]): Promise<Map<Channel, Head>> {
  const rows = await sql.query<Head>(headsStatement, [channels]);
  const heads = new Map(rows.map((head) => [head.channel, head]));
  for (const channel of channels) if (!heads.has(channel)) heads.set(channel, { channel, seq: 0, floor: 0 });
  return heads;
}

/** Where a channel stands, and in which schema its entities are kept. */
export interface Position {
  epoch: string;
  seq: number;
  /** The newest migration, which may have changed what no change tells of. */
  schema: string;
}

const positionStatement = statement(
  "feed.position",
  `select l.epoch, coalesce(h.seq, 0) as seq, (select m.name from public.migrations m order by m.id desc limit 1) as schema
  from feed.life l left join feed.heads h on h.channel = $1`,
);

export async function readPosition(sql: Sql, channel: string): Promise<Position> {
  const [position] = await sql.query<Position>(positionStatement, [channel]);
  if (!position) throw new Error("feed.life is empty");
  return position;
}

const epochStatement = statement("feed.epoch", "select epoch from feed.life");

/** Names this life of the database; after a restore that may have lost commits it is another. */
export async function readEpoch(sql: Sql): Promise<string> {
  const [life] = await sql.query<{ epoch: string }>(epochStatement);
  if (!life) throw new Error("feed.life is empty");
  return life.epoch;
}

/** How many changes one pull or join answers at most; whoever is further behind takes a snapshot. */
export const maxPull = 1_000;

export type Pull = { epoch: string; head: number; changes: Change[] } | { epoch: string; head: number; resync: true };

const pullStatement = statement(
  "feed.pull",
  `select coalesce(h.seq, 0) as head, coalesce(h.floor, 0) as floor, c.channel, c.seq, c.id, c.at, c.actor_id as "actorId", c.type, c.entity, c.op,
    c.entity_id as "entityId", c.patch, c.mutation_id as "mutationId"
  from (values ($1)) as asked (channel)
  left join feed.heads h on h.channel = asked.channel
  left join lateral (
    select * from feed.changes c where c.channel = asked.channel and c.seq > $2 order by c.seq limit $3
  ) c on true
  order by c.seq`,
);

/**
 * The changes after a cursor, read together with the head; or `resync` when the cursor is of another life of the
 * database, beyond the head, below what retention kept, or more than `maxPull` behind.
 */
export async function pullFeed(
  sql: Sql,
  epoch: string,
  channel: Channel,
  since: number,
  sinceEpoch?: string,
): Promise<Pull> {
  const rows = await sql.query<Change & { head: number; floor: number; mutationId: string | null }>(pullStatement, [
    channel,
    since,
    maxPull,
  ]);
  const { head, floor } = rows[0] ?? { head: 0, floor: 0 };
  const useless =
    (sinceEpoch !== undefined && sinceEpoch !== epoch) || since > head || since < floor || head - since > maxPull;
  if (useless) return { epoch, head, resync: true };
  const changes = rows.flatMap(({ head: _, floor: __, mutationId, ...change }) =>
    change.id ? [mutationId ? { ...change, mutationId } : change] : [],
  );
  return { epoch, head, changes };
}
