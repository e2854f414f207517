import type { Ctx } from "../../context.ts";
import { type Ended, endOwnSessions } from "./end-sessions.ts";

/** Ends the session of this call: its tokens, cookie and sockets. */
export const signOut = (ctx: Ctx): Promise<Ended> => endOwnSessions(ctx, { only: ctx.actor.sessionId });
