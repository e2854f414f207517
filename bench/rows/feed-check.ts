import type { Pool } from "pg";

/**
 * Compares channels with what was acknowledged: numbers 1 … n without a gap or a double, the head at n, and as many changes
 * of a type as there were acknowledgements.
 */
export async function checkFeed(
  pool: Pool,
  channels: readonly string[],
  type: string,
  before: ReadonlyMap<string, number>,
  acknowledged: number,
): Promise<string[]> {
  const { rows } = await pool.query<{
    channel: string;
    head: number;
    count: number;
    first: number;
    last: number;
    told: number;
  }>(
    `select h.channel, h.seq::int as head, count(c.seq)::int as count, coalesce(min(c.seq), 1)::int as first, coalesce(max(c.seq), 0)::int as last,
      count(*) filter (where c.type = $2 and c.seq > b.seq)::int as told
    from unnest($1::text[], $3::bigint[]) as b (channel, seq)
    join feed.heads h using (channel) left join feed.changes c using (channel) group by h.channel, h.seq`,
    [channels, type, channels.map((channel) => before.get(channel) ?? 0)],
  );
  const wrong = rows
    .filter((row) => row.first !== 1 || row.count !== row.head || row.last !== row.head)
    .map(
      (row) => `${row.channel} has ${row.count} changes from ${row.first} to ${row.last}, and its head is ${row.head}`,
    );
  const told = rows.reduce((sum, row) => sum + row.told, 0);
  if (told !== acknowledged) wrong.push(`${acknowledged} acknowledged, ${told} changes of type ${type}`);
  return wrong;
}

/** Where channels stand now. */
export async function headsOf(pool: Pool, channels: readonly string[]): Promise<Map<string, number>> {
  const { rows } = await pool.query<{ channel: string; seq: number }>(
    "select channel, seq::int from feed.heads where channel = any($1)",
    [channels],
  );
  return new Map(rows.map((row) => [row.channel, row.seq]));
}
