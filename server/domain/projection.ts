import type { PublicCtx } from "../context.ts";
import { type Channel, type ChannelKind, readFeed, type StoredChange } from "../platform/feed.ts";
import { statement } from "../platform/sql.ts";
import { inTransaction, write } from "../transaction.ts";

/**
 * A reader of whole channels: it gets their changes in order, each once, many at a time, and keeps tables that follow
 * from them alone. So they can be thrown away and made anew.
 */
export interface Projection {
  /** Also the name of its cursors; another name begins at the first change. */
  readonly name: string;
  /** Of which channels. */
  readonly channels: readonly ChannelKind[];
  /** In one transaction with the cursor. What it makes of the changes must not depend on how they are cut into parts. */
  apply(ctx: PublicCtx, channel: Channel, changes: readonly StoredChange[]): Promise<void>;
  /** Forgets what was made of a channel; the first change comes next, in the same transaction. */
  clear(ctx: PublicCtx, channel: Channel): Promise<void>;
}

/** Changes that are applied together. */
const maxBatch = 1_000;

const beginStatement = statement(
  "projection.begin",
  "insert into feed.projections (projection, channel, seq) values ($1, $2, 0) on conflict do nothing",
);
const lockStatement = statement(
  "projection.lock",
  "select seq from feed.projections where projection = $1 and channel = $2 for update",
);
const tryLockStatement = statement("projection.try-lock", `${lockStatement.text} skip locked`);
const moveStatement = statement(
  "projection.move",
  "update feed.projections set seq = $3 where projection = $1 and channel = $2",
);

/**
 * Applies the next changes of a channel.
 *
 * @returns how many; 0 when there are none, or when another process is at it
 */
export const advance = (ctx: PublicCtx, projection: Projection, channel: Channel): Promise<number> =>
  inTransaction(ctx, async (ctx) => {
    const key = [projection.name, channel];
    const [, [cursor]] = await Promise.all([
      ctx.sql.query(beginStatement, key),
      ctx.sql.query<{ seq: number }>(tryLockStatement, key),
    ]);
    return cursor ? applyNext(ctx, projection, channel, cursor.seq) : 0;
  });

/**
 * Makes anew what a projection keeps of a channel, from its first change to its last, in one transaction: readers see
 * the old tables until it is done. Writers of the channel do not wait; its projection does.
 *
 * @returns how many changes were applied
 * @throws Error when retention removed the channel's first changes: they cannot be told again
 */
export const rebuild = (ctx: PublicCtx, projection: Projection, channel: Channel): Promise<number> =>
  inTransaction(ctx, async (ctx) => {
    const key = [projection.name, channel];
    await ctx.sql.query(beginStatement, key);
    const [, [kept]] = await Promise.all([
      ctx.sql.query(lockStatement, key),
      ctx.sql.query<{ floor: number }>(floorStatement, [channel]),
    ]);
    if (kept && kept.floor > 0) throw new Error(`${channel} is kept from ${kept.floor + 1} on; it cannot be rebuilt`);
    await projection.clear(ctx, channel);
    let done = 0;
    for (;;) {
      const applied = await applyNext(ctx, projection, channel, done);
      done += applied;
      if (applied < maxBatch) return done;
    }
  });

const floorStatement = statement("projection.floor", "select floor from feed.heads where channel = $1");

async function applyNext(ctx: PublicCtx, projection: Projection, channel: Channel, since: number): Promise<number> {
  const changes = await readFeed(ctx.sql, channel, since, maxBatch);
  const last = changes.at(-1);
  if (!last) return 0;
  await projection.apply(ctx, channel, changes);
  write(ctx, moveStatement, [projection.name, channel, last.seq]);
  return changes.length;
}

/* What was missed is nearly always young; all channels are looked at less often. */
const behind = `split_part(c.channel, ':', 1) = any($2::text[]) and c.seq > coalesce(k.seq, 0)`;
const cursor = "left join feed.projections k on k.projection = $1 and k.channel = c.channel";
const behindLatelyStatement = statement(
  "projection.behind-lately",
  `select distinct c.channel from feed.changes c ${cursor} where c.at > now() - interval '1 minute' and ${behind}`,
);
const behindStatement = statement("projection.behind", `select c.channel from feed.heads c ${cursor} where ${behind}`);

/** The channels that have changes which a projection has not applied. @param all also those that changed long ago */
export async function channelsBehind({ sql }: PublicCtx, projection: Projection, all: boolean): Promise<Channel[]> {
  const values = [projection.name, projection.channels];
  const rows = await sql.query<{ channel: Channel }>(all ? behindStatement : behindLatelyStatement, values);
  return rows.map(({ channel }) => channel);
}

const channelsStatement = statement(
  "projection.channels",
  "select channel from feed.heads where split_part(channel, ':', 1) = any($1::text[]) order by channel",
);

/** Every channel that a projection reads. */
export async function channelsOf({ sql }: PublicCtx, projection: Projection): Promise<Channel[]> {
  const rows = await sql.query<{ channel: Channel }>(channelsStatement, [projection.channels]);
  return rows.map(({ channel }) => channel);
}
