import type { PublicCtx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { sessionEnded } from "./auth.events.ts";
import { type SessionView, sessionColumns } from "./auth.view.ts";

const batchSize = 500;

const removeStatement = statement(
  "sessions.remove-expired",
  `with expired as (
    select e.id from auth.sessions e where e.expires_at <= now() order by e.id limit $1 for update skip locked
  )
  delete from auth.sessions s using expired where s.id = expired.id returning ${sessionColumns}`,
);

/**
 * Removes the sessions that expired, a batch per transaction; for a worker to call now and then. Until it does, they
 * sign nobody in.
 *
 * @returns how many
 */
export async function removeExpiredSessions(ctx: PublicCtx): Promise<number> {
  for (let total = 0; ; ) {
    const removed = await inTransaction(ctx, async (ctx) => {
      const sessions = await ctx.sql.query<SessionView>(removeStatement, [batchSize]);
      for (const session of sessions) record(ctx, sessionEnded, session, null);
      return sessions.length;
    });
    total += removed;
    if (removed < batchSize) return total;
  }
}
