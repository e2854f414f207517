import { z } from "zod";
import type { Ctx, PublicCtx } from "../../context.ts";
import { notFound } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { sessionEnded } from "./auth.events.ts";
import { type SessionView, sessionColumns } from "./auth.view.ts";
import { luciaOn } from "./lucia.ts";

// Locked in one order, so that two ends at the same time cannot wait for each other in a circle.
const endStatement = statement(
  "sessions.end",
  `with doomed as (
    select d.id from auth.sessions d
    where d.user_id = $1 and ($2::uuid is null or d.id = $2) and ($3::uuid is null or d.id <> $3)
    order by d.id for update
  )
  delete from auth.sessions s using doomed where s.id = doomed.id returning ${sessionColumns}`,
);

/** Ends sessions of a person, with their refresh tokens, within a transaction: one, all, or all but one. */
export async function endSessions(
  ctx: PublicCtx,
  userId: string,
  which: { only?: string; except?: string } = {},
): Promise<SessionView[]> {
  const ended = await ctx.sql.query<SessionView>(endStatement, [userId, which.only ?? null, which.except ?? null]);
  for (const session of ended) record(ctx, sessionEnded, session, null);
  return ended;
}

/** What a call answers that ended sessions. */
export const endedSchema = z.object({ endedSessionIds: z.array(z.uuid()) });
export type Ended = z.output<typeof endedSchema>;

/**
 * Ends sessions of the caller, and clears the cookie when it named one of them.
 *
 * @throws AppError `not-found` (`only` is not the caller's)
 */
export async function endOwnSessions(ctx: Ctx, which: { only?: string }): Promise<Ended> {
  const answer = await inTransaction(ctx, async (ctx) => {
    const ended = await endSessions(ctx, ctx.actor.userId, which);
    if (which.only && ended.length === 0) throw notFound("session", which.only);
    return { endedSessionIds: ended.map((session) => session.id) };
  });
  if (ctx.actor.byCookie && answer.endedSessionIds.includes(ctx.actor.sessionId)) {
    ctx.origin.setCookie?.(luciaOn(ctx.app, ctx.sql).createBlankSessionCookie().serialize());
  }
  return answer;
}
