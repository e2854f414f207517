import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { id } from "../fields.ts";
import { type Ended, endOwnSessions } from "./end-sessions.ts";

export const revokeSessionInput = z.object({ sessionId: id });

/**
 * Ends one session of the caller, on whatever device.
 *
 * @throws AppError `not-found` (also another person's)
 */
export const revokeSession = (ctx: Ctx, { sessionId }: z.output<typeof revokeSessionInput>): Promise<Ended> =>
  endOwnSessions(ctx, { only: sessionId });
