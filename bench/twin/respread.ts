import type { PoolClient } from "pg";
import { v7 } from "uuid";
import { twinRanks } from "./rank.ts";

/** Makes room in a list: every task gets a new rank and a change that tells it. */
export async function respread(client: PoolClient, statusId: string): Promise<void> {
  const { rows } = await client.query<{ id: string; projectId: string }>(
    `select id, project_id as "projectId" from tasks.tasks where status_id = $1 and deleted_at is null order by rank, id for no key update`,
    [statusId],
  );
  const channel = `project:${rows[0]?.projectId}`;
  await client.query(
    `with saved as (
      update tasks.tasks t set rank = wanted.rank, version = t.version + 1, updated_at = now()
      from unnest($1::uuid[], $2::text[]) as wanted (id, rank) where t.id = wanted.id returning t.id, t.rank, t.version
    ), head as (
      insert into feed.heads (channel, seq) values ($3, $4) on conflict (channel) do update set seq = heads.seq + excluded.seq returning seq
    )
    insert into feed.changes (channel, seq, id, at, type, entity, op, entity_id, patch)
    select $3, head.seq - $4 + row_number() over (), change, clock_timestamp(), 'task.reranked', 'task', 'update', saved.id,
      json_build_object('rank', saved.rank, 'version', saved.version)
    from saved join unnest($1::uuid[], $5::uuid[]) as named (id, change) on named.id = saved.id, head`,
    [rows.map((row) => row.id), twinRanks(rows.length), channel, rows.length, rows.map(() => v7())],
  );
}
