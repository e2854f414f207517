import type { Sql } from "../../server/platform/sql.ts";
import { statement } from "../../server/platform/sql.ts";

/** Something that was given up, with all that is needed to understand it and to try again. */
export interface DeadLetter {
  /** Of the change or the job. */
  id: string;
  /** The consumer's or the job's name. */
  consumer: string;
  kind: "change" | "job";
  attempts: number;
  reason: string;
  stack: string | null;
  diedAt: string;
  /** The change, or the job's input. */
  body: unknown;
}

export interface Ending {
  readonly attempts: number;
  readonly reason: string;
  readonly stack: string | null;
}

const buryJobStatement = statement(
  "dead-letters.bury-job",
  `with gone as (delete from feed.jobs where id = $1 returning *)
  insert into feed.dead_letters (consumer, id, kind, body, attempts, reason, stack)
  select name, id, 'job', input, $2, $3, $4 from gone
  on conflict (consumer, id) do nothing`,
);

/** Moves a job to the dead letters. */
export async function buryJob(sql: Sql, jobId: string, { attempts, reason, stack }: Ending): Promise<void> {
  await sql.query(buryJobStatement, [jobId, attempts, reason, stack]);
}

const buryChangeStatement = statement(
  "dead-letters.bury-change",
  `with ended as (
    insert into feed.inbox as i (consumer, entity_id, channel, seq, attempts, done_at, error)
    select $1, entity_id, channel, seq, $4, now(), $5 from feed.changes where channel = $2 and seq = $3
    on conflict (consumer, entity_id, channel, seq) do update
    set done_at = now(), due_at = null, not_before = null, started_at = null, error = excluded.error
    where i.done_at is null
    returning channel, seq
  )
  insert into feed.dead_letters (consumer, id, kind, channel, seq, entity_id, body, attempts, reason, stack)
  select $1, c.id, 'change', c.channel, c.seq, c.entity_id,
    json_build_object('channel', c.channel, 'seq', c.seq, 'id', c.id, 'at', c.at, 'actorId', c.actor_id, 'type', c.type,
      'entity', c.entity, 'op', c.op, 'entityId', c.entity_id, 'patch', c.patch), $4, $5, $6
  from ended join feed.changes c using (channel, seq)
  on conflict (consumer, id) do nothing`,
);

/** Puts a change among a consumer's dead letters; those after it go on. */
export async function buryChange(
  sql: Sql,
  consumer: string,
  { channel, seq }: { readonly channel: string; readonly seq: number },
  { attempts, reason, stack }: Ending,
): Promise<void> {
  await sql.query(buryChangeStatement, [consumer, channel, seq, attempts, reason, stack]);
}

const columns = `id, consumer, kind, attempts, reason, stack, died_at as "diedAt", body`;
const listStatement = statement(
  "dead-letters.list",
  `select ${columns} from feed.dead_letters where ($1::text is null or consumer = $1) order by died_at desc, id limit $2`,
);
const showStatement = statement("dead-letters.show", `select ${columns} from feed.dead_letters where id = $1`);

/** The latest first. */
export const listDeadLetters = (sql: Sql, consumer: string | null, limit: number): Promise<DeadLetter[]> =>
  sql.query<DeadLetter>(listStatement, [consumer, limit]);

/** One change may be dead for several consumers. */
export const findDeadLetters = (sql: Sql, id: string): Promise<DeadLetter[]> =>
  sql.query<DeadLetter>(showStatement, [id]);

/** Which dead letters: one by its id, or all of a consumer or job. */
export interface Chosen {
  readonly id?: string | undefined;
  readonly consumer?: string | undefined;
}
const chosen = "where ($1::uuid is null or id = $1) and ($2::text is null or consumer = $2)";

const replayStatement = statement(
  "dead-letters.replay",
  `with risen as (delete from feed.dead_letters ${chosen} returning *),
  jobs as (
    insert into feed.jobs (id, name, input, due_at) select id, consumer, body, now() from risen where kind = 'job'
    on conflict do nothing
  ), changes as (
    insert into feed.inbox (consumer, entity_id, channel, seq, due_at)
    select consumer, entity_id, channel, seq, now() from risen where kind = 'change'
    on conflict (consumer, entity_id, channel, seq) do update
    set done_at = null, due_at = now(), not_before = null, started_at = null, attempts = 0, crashes = 0, publishes = 0
  )
  select id from risen`,
);
const dropStatement = statement("dead-letters.drop", `delete from feed.dead_letters ${chosen} returning id`);

/**
 * Tries them again, with all their attempts. A change is handled although later ones of its entity were handled
 * meanwhile.
 *
 * @returns how many; the running workers take them up within a second
 */
export const replayDeadLetters = async (sql: Sql, { id, consumer }: Chosen): Promise<number> =>
  (await sql.query(replayStatement, [id ?? null, consumer ?? null])).length;

/** Forgets them. @returns how many */
export const dropDeadLetters = async (sql: Sql, { id, consumer }: Chosen): Promise<number> =>
  (await sql.query(dropStatement, [id ?? null, consumer ?? null])).length;
