import type { Ctx } from "../../context.ts";
import { type Ended, endOwnSessions } from "./end-sessions.ts";

/** Ends every session of the caller, this one too. */
export const signOutEverywhere = (ctx: Ctx): Promise<Ended> => endOwnSessions(ctx, {});
