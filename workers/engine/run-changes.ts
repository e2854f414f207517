import type { PublicCtx } from "../../server/context.ts";
import type { AnyChange } from "../../server/domain/events.ts";
import type { Change } from "../../server/platform/feed.ts";
import { PermanentFailure } from "../../server/platform/jobs.ts";
import { statement } from "../../server/platform/sql.ts";
import { traced } from "../../server/platform/tracing.ts";
import { inTransaction, write } from "../../server/transaction.ts";
import type { Consumer } from "../consumer.ts";
import { buryChange } from "./dead-letters.ts";
import type { ChangeMessage } from "./dispatch.ts";
import { observeAttempt } from "./metrics.ts";
import { HandedBack, type Runtime, systemContext, TimedOut, tellOf, within } from "./runtime.ts";

/** Beyond its time limit, an attempt that has not ended is taken for dead after this. */
const graceMs = 5_000;

/* One process at a time works for a consumer on an entity. The lock ends with the transaction, or with its process. */
const lockStatement = statement("change.lock", "select pg_advisory_xact_lock(hashtextextended($1, 0))");

const columns = `c.channel, c.seq, c.id, c.at, c.actor_id as "actorId", c.type, c.entity, c.op,
  c.entity_id as "entityId", c.patch, c.mutation_id as "mutationId", c.traceparent,
  coalesce(i.attempts, 0) as attempts, i.started_at is not null or coalesce(i.crashes, 0) > 0 as "isSuspect",
  coalesce(i.not_before > now(), false) as "isWaiting", i.not_before as "notBefore", i.error`;
const withInbox = `from feed.changes c
  left join feed.inbox i on i.consumer = $1 and i.entity_id = c.entity_id and i.channel = c.channel and i.seq = c.seq`;

/*
 * The oldest change of the entity that the consumer has not finished, up to the one at hand. What is older than the
 * last finished one is finished too, except for dead letters called back: of those only the one at hand counts.
 */
const nextStatement = statement(
  "change.next",
  `select ${columns} ${withInbox}
  where c.entity_id = $2 and c.channel = $3 and c.seq <= $4 and c.type = any($5::text[])
    and c.at >= (select began_at from feed.consumers where name = $1)
    and (c.seq = $4 or c.seq > coalesce((
      select seq from feed.inbox where consumer = $1 and entity_id = $2 and channel = $3 and done_at is not null
      order by seq desc limit 1), 0))
    and i.done_at is null
  order by c.seq limit 1`,
);
const onlyStatement = statement(
  "change.only",
  `select ${columns} ${withInbox}
  where c.channel = $3 and c.seq = $4 and c.entity_id = $2 and c.type = any($5::text[])
    and c.at >= (select began_at from feed.consumers where name = $1) and i.done_at is null`,
);

const startStatement = statement(
  "change.start",
  `insert into feed.inbox as i (consumer, entity_id, channel, seq, attempts, started_at, due_at)
  values ($1, $2, $3, $4, 1, now(), now() + make_interval(secs => $5::float8 / 1000))
  on conflict (consumer, entity_id, channel, seq) do update
  set attempts = i.attempts + 1, started_at = now(), due_at = excluded.due_at
  where i.done_at is null
  returning attempts`,
);
const doneStatement = statement(
  "change.done",
  `update feed.inbox set done_at = now(), due_at = null, started_at = null, not_before = null, error = null
  where consumer = $1 and entity_id = $2 and channel = $3 and seq = $4`,
);
const failStatement = statement(
  "change.fail",
  `update feed.inbox set started_at = null, not_before = now() + make_interval(secs => $5::float8 / 1000),
    due_at = now() + make_interval(secs => $5::float8 / 1000), error = $6
  where consumer = $1 and entity_id = $2 and channel = $3 and seq = $4 and done_at is null`,
);
const handBackStatement = statement(
  "change.hand-back",
  `update feed.inbox set started_at = null, attempts = attempts - 1, due_at = now()
  where consumer = $1 and entity_id = $2 and channel = $3 and seq = $4 and done_at is null`,
);
/* Held back by an older one: due again just after that one. */
const postponeStatement = statement(
  "change.postpone",
  `insert into feed.inbox as i (consumer, entity_id, channel, seq, due_at)
  values ($1, $2, $3, $4, greatest($5::timestamptz, now()) + interval '10 milliseconds')
  on conflict (consumer, entity_id, channel, seq) do update set due_at = excluded.due_at where i.done_at is null`,
);

interface NextChange extends Omit<Change, "mutationId"> {
  mutationId: string | null;
  traceparent: string | null;
  attempts: number;
  isSuspect: boolean;
  isWaiting: boolean;
  notBefore: string | null;
  error: string | null;
}

/** What one look at an entity led to. */
type Step =
  | "finished" // the change at hand is settled
  | "again" // an older one was settled
  | { postponedTo: string | null }
  | { suspect: true }
  | { exhausted: NextChange };

/**
 * Handles a change for a consumer, once: after the older ones of its entity, or not yet if one of those waits for
 * another attempt.
 *
 * @throws whatever the database throws while nothing was attempted
 */
export async function runChange(runtime: Runtime, consumer: Consumer, message: ChangeMessage): Promise<void> {
  let alone = false;
  for (;;) {
    const isAlone = alone;
    const run = () => step(runtime, consumer, message, isAlone);
    const outcome = isAlone ? await runtime.suspects(run) : await run();
    alone = false;
    if (outcome === "finished") return;
    if (outcome === "again") continue;
    if ("suspect" in outcome) alone = true;
    else if ("exhausted" in outcome) {
      const { exhausted } = outcome;
      const reason = exhausted.error ?? "the process died in the last attempt";
      await buryChange(runtime.app.sql, consumer.name, exhausted, {
        attempts: exhausted.attempts,
        reason,
        stack: null,
      });
    } else {
      await runtime.app.sql.query(postponeStatement, [...keyOf(consumer, message), outcome.postponedTo]);
      wakeAt(runtime, outcome.postponedTo ? Date.parse(outcome.postponedTo) - Date.now() + 15 : 0);
      return;
    }
  }
}

const keyOf = (consumer: Consumer, { entityId, channel, seq }: Omit<ChangeMessage, "id">) => [
  consumer.name,
  entityId,
  channel,
  seq,
];

const wakeAt = ({ app }: Runtime, delayMs: number) =>
  void setTimeout(() => app.wake.signal("due-changes"), Math.max(0, delayMs)).unref();

/** Settles the oldest unfinished change of the entity, in one transaction. */
async function step(runtime: Runtime, consumer: Consumer, message: ChangeMessage, alone: boolean): Promise<Step> {
  const { app, ledger, handBack } = runtime;
  const isOrdered = consumer.ordered ?? true;
  const types = consumer.on.map(({ type }) => type);
  const ctx = systemContext(app, message.id, consumer.name);
  let begun: { next: NextChange; attempt: number; at: number } | null = null;
  if (handBack.aborted) throw new HandedBack();
  try {
    const outcome = await inTransaction(ctx, async (ctx): Promise<Step> => {
      const lock = `${consumer.name} ${isOrdered ? message.entityId : message.id}`;
      const [, [next]] = await Promise.all([
        ctx.sql.query(lockStatement, [lock]),
        ctx.sql.query<NextChange>(isOrdered ? nextStatement : onlyStatement, [...keyOf(consumer, message), types]),
      ]);
      if (!next) return "finished";
      const isAtHand = next.seq === message.seq;
      if (next.isWaiting) return isAtHand ? "finished" : { postponedTo: next.notBefore };
      if (next.attempts >= consumer.maxAttempts) return { exhausted: next };
      if (next.isSuspect && !alone) return { suspect: true };

      const limitMs = consumer.timeoutMs + graceMs;
      const [started] = await ledger.query<{ attempts: number }>(startStatement, [...keyOf(consumer, next), limitMs]);
      if (!started) return "again";
      begun = { next, attempt: started.attempts, at: performance.now() };
      await handle(runtime, consumer, ctx, next);
      write(ctx, doneStatement, keyOf(consumer, next));
      return isAtHand ? "finished" : "again";
    });
    observe(consumer, begun, "done");
    return outcome;
  } catch (error) {
    if (!begun) throw error;
    return afterFailure(runtime, consumer, begun, error, message);
  }
}

async function handle({ handBack }: Runtime, consumer: Consumer, ctx: PublicCtx, next: NextChange): Promise<void> {
  const {
    attempts: _,
    isSuspect: __,
    isWaiting: ___,
    notBefore: ____,
    error: _____,
    mutationId,
    traceparent,
    ...change
  } = next;
  const heard = (mutationId ? { ...change, mutationId } : change) as AnyChange;
  try {
    const span = {
      name: consumer.name,
      kind: "CONSUMER",
      parent: traceparent,
      attributes: { "messaging.message.id": next.id },
    } as const;
    await traced(span, () => within(consumer.timeoutMs, handBack, () => consumer.handle(ctx, heard)));
  } catch (error) {
    // Then its handler may still be at work: nothing more may happen on this connection.
    if (ctx.transaction) ctx.transaction.isAbandoned = error instanceof TimedOut || error instanceof HandedBack;
    throw error;
  }
}

async function afterFailure(
  { app, options, ...runtime }: Runtime,
  consumer: Consumer,
  begun: { next: NextChange; attempt: number; at: number },
  error: unknown,
  message: ChangeMessage,
): Promise<Step> {
  const { next, attempt } = begun;
  const key = keyOf(consumer, next);
  if (error instanceof HandedBack) {
    await app.sql.query(handBackStatement, key);
    throw error;
  }
  const { reason, stack } = tellOf(error);
  const about = { consumer: consumer.name, channel: next.channel, seq: next.seq, attempt };
  app.log.warn({ err: error, ...about }, "A consumer failed");
  const isDead = error instanceof PermanentFailure || attempt >= consumer.maxAttempts;
  observe(consumer, begun, isDead ? "dead" : "failed");
  const isAtHand = next.seq === message.seq;
  if (isDead) {
    await buryChange(app.sql, consumer.name, next, { attempts: attempt, reason, stack });
    return isAtHand ? "finished" : "again";
  }
  const delayMs = options.retryDelayMs(attempt);
  await app.sql.query(failStatement, [...key, delayMs, reason]);
  wakeAt({ app, options, ...runtime }, delayMs + 5);
  return isAtHand ? "finished" : "again"; // and the one at hand will find that it has to wait
}

function observe(consumer: Consumer, begun: { next: NextChange; attempt: number; at: number } | null, outcome: string) {
  if (begun) observeAttempt(consumer.name, outcome, performance.now() - begun.at, begun.attempt, begun.next.at);
}
