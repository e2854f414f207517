import { type App, contextOf } from "../server/context.ts";
import { removeExpiredSessions } from "../server/domain/auth/remove-expired-sessions.ts";
import { statement } from "../server/platform/sql.ts";

/** How long a mutation's answer is kept for a repetition. */
const answersKeptDays = 7;

const forgetAnswersStatement = statement(
  "clean-up.answers",
  `delete from feed.mutations where ctid = any(array(
    select ctid from feed.mutations where at < now() - make_interval(days => $1) limit 5000))
  returning 1`,
);

/** Removes what nobody can use any more: expired sessions, and answers of mutations too old to be sent again. */
export async function cleanUp(app: App): Promise<void> {
  const ctx = contextOf(app, null, { requestId: "clean-up", ip: "127.0.0.1", userAgent: "workers" });
  await removeExpiredSessions(ctx);
  while ((await ctx.sql.query(forgetAnswersStatement, [answersKeptDays])).length > 0);
}
