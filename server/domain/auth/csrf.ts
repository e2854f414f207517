import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { AppError } from "../../errors.ts";
import { derivedSecret } from "../../platform/secrets.ts";
import { statement } from "../../platform/sql.ts";

export const csrfSchema = z.object({ csrfToken: z.string() });

/**
 * The token that a page sends as `x-csrf-token` when its cookie signs it in: an HMAC bound to the session, which other
 * sites can neither read nor compute
 * (https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html).
 *
 * @param tokenHash of the session; it never leaves the server
 */
export const csrfTokenOf = (tokenHash: string) => derivedSecret(tokenHash, "csrf");

const hashStatement = statement("csrf.hash", `select token_hash as "tokenHash" from auth.sessions where id = $1`);

/**
 * The caller's own token, for a page that was loaded again.
 *
 * @throws AppError `auth.invalid` (the session ended just now)
 */
export async function readCsrfToken(ctx: Ctx): Promise<z.output<typeof csrfSchema>> {
  const [session] = await ctx.sql.query<{ tokenHash: string }>(hashStatement, [ctx.actor.sessionId]);
  if (!session) throw new AppError("auth.invalid", "This session has ended.");
  return { csrfToken: csrfTokenOf(session.tokenHash) };
}
