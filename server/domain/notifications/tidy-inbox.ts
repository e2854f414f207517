import type { PublicCtx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { notificationArchived } from "./notification.events.ts";
import { archive } from "./notification.save.ts";
import { inInbox, type NotificationView, notificationColumns } from "./notification.view.ts";

/** What an inbox holds at most, and how long what was read stays in it. */
const inboxSize = 500;
const readDays = 30;
/** How long what left the inbox, and what became of deliveries, is kept. */
const keptDays = 90;

const fullStatement = statement(
  "inbox.full",
  `select n.user_id as "userId" from notifications.notifications n where ${inInbox}
  group by n.user_id
  having count(*) > ${inboxSize} or min(n.updated_at) filter (where n.read_at is not null and n.snoozed_until is null) < now() - interval '${readDays} days'
  limit 500`,
);
const surplusStatement = statement(
  "inbox.surplus",
  `select ${notificationColumns} from notifications.notifications n
  where n.id = any(array(
      select placed.id from (
        select n.id, n.read_at, n.snoozed_until, n.updated_at,
          row_number() over (order by n.read_at is null desc, n.updated_at desc, n.id desc) as place
        from notifications.notifications n where n.user_id = $1 and ${inInbox}
      ) placed
      where place > ${inboxSize} or (read_at is not null and snoozed_until is null and updated_at < now() - interval '${readDays} days')))
    and ${inInbox}
  order by n.id for no key update`,
);
const forgetStatement = statement(
  "notification.forget",
  `delete from notifications.notifications where ctid = any(array(
    select ctid from notifications.notifications n
    where (n.archived_at is not null or not n.in_app) and coalesce(n.archived_at, n.updated_at) < now() - make_interval(days => $1) limit 5000))
  returning 1`,
);
const forgetDeliveriesStatement = statement(
  "delivery.forget",
  `delete from notifications.deliveries where ctid = any(array(
    select ctid from notifications.deliveries where finished_at < now() - make_interval(days => $1) limit 5000))
  returning 1`,
);
const forgetDueStatement = statement(
  "notification.forget-due",
  `delete from notifications.due_told where ctid = any(array(
    select ctid from notifications.due_told where due_on < current_date - $1::int limit 5000))
  returning 1`,
);

/**
 * Keeps inboxes, and so people's snapshots, small: beyond five hundred, what was read goes to the archive first, then the
 * oldest; and what was read a month ago goes anyway. What left the inbox three months ago is forgotten.
 */
export async function tidyInboxes(ctx: PublicCtx): Promise<void> {
  for (const { userId } of await ctx.sql.query<{ userId: string }>(fullStatement)) await tidy(ctx, userId);
  for (const forget of [forgetStatement, forgetDeliveriesStatement, forgetDueStatement])
    while ((await ctx.sql.query(forget, [keptDays])).length > 0);
}

const tidy = (ctx: PublicCtx, userId: string): Promise<void> =>
  inTransaction(ctx, async (ctx) => {
    archive(ctx, notificationArchived, await ctx.sql.query<NotificationView>(surplusStatement, [userId]));
  });
