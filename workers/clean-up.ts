import { removeExpiredProofs } from "../server/domain/auth/remove-expired-proofs.ts";
import { removeExpiredSessions } from "../server/domain/auth/remove-expired-sessions.ts";
import { removeExpiredTokens } from "../server/domain/auth/revoke-api-token.ts";
import { endsKeptMinutes } from "../server/platform/session-ends.ts";
import { statement } from "../server/platform/sql.ts";
import { defineSchedule } from "./schedule.ts";

/** How long a mutation's answer is kept for a repetition, and the memory of a handled change. */
const answersKeptDays = 7;
const inboxKeptDays = 7;
/** How long a letter that comes back, or a mail that comes again, is recognised. */
const mailKeptDays = 90;

const forgetAnswersStatement = statement(
  "clean-up.answers",
  `delete from feed.mutations where ctid = any(array(
    select ctid from feed.mutations where at < now() - make_interval(days => $1) limit 5000))
  returning 1`,
);
/* Never what the reconciler may still ask for, and never the last of an entity: it tells where to go on. */
const forgetHandledStatement = statement(
  "clean-up.inbox",
  `delete from feed.inbox where ctid = any(array(
    select i.ctid from feed.inbox i join feed.consumers k on k.name = i.consumer
    where i.done_at < least(now(), k.reconciled_to) - make_interval(days => $1)
      and exists (select from feed.inbox later
        where later.consumer = i.consumer and later.entity_id = i.entity_id and later.channel = i.channel
          and later.seq > i.seq and later.done_at is not null)
    limit 5000))
  returning 1`,
);

const forgetMailStatements = (["sent_letters", "received_mail"] as const).map((table) =>
  statement(
    `clean-up.${table}`,
    `delete from notifications.${table} where ctid = any(array(
      select ctid from notifications.${table}
      where ${table === "sent_letters" ? "created_at" : "received_at"} < now() - make_interval(days => $1) limit 5000))
    returning 1`,
  ),
);

const forgetEndsStatement = statement(
  "clean-up.ends",
  "delete from auth.ends where at < now() - make_interval(mins => $1)",
);

/** Removes what nobody can use any more: expired sessions and proofs, old answers of mutations, and the memory of old messages. */
export const cleanUp = defineSchedule({
  name: "clean-up",
  cron: "*/10 * * * *",
  async handle(ctx) {
    await removeExpiredSessions(ctx);
    await removeExpiredProofs(ctx);
    await removeExpiredTokens(ctx);
    await ctx.sql.query(forgetEndsStatement, [endsKeptMinutes]);
    while ((await ctx.sql.query(forgetAnswersStatement, [answersKeptDays])).length > 0);
    while ((await ctx.sql.query(forgetHandledStatement, [inboxKeptDays])).length > 0);
    for (const forget of forgetMailStatements) while ((await ctx.sql.query(forget, [mailKeptDays])).length > 0);
  },
});
