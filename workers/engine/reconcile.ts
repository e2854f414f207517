import { type Sql, statement } from "../../server/platform/sql.ts";
import { inTransaction } from "../../server/transaction.ts";
import { type Consumer, defaultPrefetch, topicsOf } from "../consumer.ts";
import { repeat } from "./repeat.ts";
import { type Runtime, systemContext } from "./runtime.ts";

/** The span of time looked at in one statement. */
const stepMs = 600_000;
/** A change may be stored this long before it can be read. */
const overlapMs = 30_000;
/** With messages waiting, one that was not handled yet is probably among them. */
const patience = 8;

const registerStatement = statement(
  "reconcile.register",
  "insert into feed.consumers (name) select unnest($1::text[]) on conflict do nothing",
);
const spanStatement = statement(
  "reconcile.span",
  `select reconciled_to as "from",
    least(now() - make_interval(secs => $2::float8 / 1000), reconciled_to + interval '${stepMs} milliseconds') as "to"
  from feed.consumers where name = $1 and reconciled_to < now() - make_interval(secs => $2::float8 / 1000)
  for update skip locked`,
);
/* What has a row already is looked after by that. */
const adoptStatement = statement(
  "reconcile.adopt",
  `insert into feed.inbox (consumer, entity_id, channel, seq, due_at)
  select $1, c.entity_id, c.channel, c.seq, now() from feed.changes c
  where c.at > $2::timestamptz - interval '${overlapMs} milliseconds' and c.at <= $3
    and c.at >= (select began_at from feed.consumers where name = $1)
    and c.type = any($4::text[]) and ($5::text[] is null or split_part(c.channel, ':', 1) = any($5))
    and not exists (select from feed.inbox i
      where i.consumer = $1 and i.entity_id = c.entity_id and i.channel = c.channel and i.seq = c.seq)
  on conflict do nothing
  returning 1`,
);
const movedStatement = statement(
  "reconcile.moved",
  "update feed.consumers set reconciled_to = $2 where name = $1 and reconciled_to < $2",
);

/** From now on each of the consumers is owed what happens. */
export async function registerConsumers(sql: Sql, consumers: readonly Consumer[]): Promise<void> {
  if (consumers.length > 0) await sql.query(registerStatement, [consumers.map(({ name }) => name)]);
}

/**
 * Looks for changes that happened a while ago and that a consumer should have met and did not, whoever lost them, and
 * makes them due.
 */
export function startReconciler(runtime: Runtime): () => Promise<void> {
  const { app, options } = runtime;
  const turns = repeat(app.log, "reconciler", options.reconcileEveryMs, async () => {
    for (const consumer of options.consumers) while (await reconcile(runtime, consumer));
  });
  return () => turns.stop();
}

/** @returns whether there is more to look at */
async function reconcile(runtime: Runtime, consumer: Consumer): Promise<boolean> {
  const { app, broker, options } = runtime;
  const depth = await broker.depth(consumer.name).catch(() => null);
  if (!depth) return false; // nothing arrives while the broker is away
  const ageMs = options.reconcileAfterMs * (depth.ready > defaultPrefetch ? patience : 1);
  return inTransaction(systemContext(app, "reconcile", consumer.name), async (ctx) => {
    const [span] = await ctx.sql.query<{ from: string; to: string }>(spanStatement, [consumer.name, ageMs]);
    if (!span) return false;
    const types = consumer.on.map(({ type }) => type);
    const kinds = consumer.channels ?? null;
    const adopted = await ctx.sql.query(adoptStatement, [consumer.name, span.from, span.to, types, kinds]);
    await ctx.sql.query(movedStatement, [consumer.name, span.to]);
    if (adopted.length > 0) {
      app.log.warn({ consumer: consumer.name, changes: adopted.length }, "Changes never arrived; they are sent again");
      ctx.transaction?.afterCommit.push(() => app.wake.signal("due-changes"));
    }
    return Date.parse(span.to) - Date.parse(span.from) >= stepMs;
  });
}

export const queueOf = (consumer: Consumer) => ({ name: consumer.name, topics: topicsOf(consumer) });
