import type { PublicCtx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { record } from "../change.ts";
import { sessionEnded } from "./auth.events.ts";
import { type SessionView, sessionColumns } from "./auth.view.ts";

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
