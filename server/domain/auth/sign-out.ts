import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { notFound } from "../../errors.ts";
import { inTransaction } from "../../transaction.ts";
import { id } from "../fields.ts";
import { endSessions } from "./end-sessions.ts";
import { luciaOn } from "./lucia.ts";

export const revokeSessionInput = z.object({ sessionId: id });
export const endedSchema = z.object({ endedSessionIds: z.array(z.uuid()) });
type Ended = z.output<typeof endedSchema>;

/** Ends the session of this call: its tokens, cookie and sockets. */
export const signOut = (ctx: Ctx): Promise<Ended> => end(ctx, { only: ctx.actor.sessionId });

/** Ends every session of the caller, this one too. */
export const signOutEverywhere = (ctx: Ctx): Promise<Ended> => end(ctx, {});

/**
 * Ends one session of the caller, on whatever device.
 *
 * @throws AppError `not-found` (also another person's)
 */
export const revokeSession = (ctx: Ctx, { sessionId }: z.output<typeof revokeSessionInput>): Promise<Ended> =>
  end(ctx, { only: sessionId });

async function end(ctx: Ctx, which: { only?: string }): Promise<Ended> {
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
