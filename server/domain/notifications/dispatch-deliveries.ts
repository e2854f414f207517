import type { PublicCtx } from "../../context.ts";
import { enqueue } from "../../platform/jobs.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { postLetter } from "../letters.ts";
import { notificationLetter } from "./notification.letter.ts";
import { pushJob } from "./push.jobs.ts";

const mostAtOnce = 200;

/** Whoever claims a delivery sends it: two nodes never claim the same. */
const claimStatement = statement(
  "delivery.claim",
  `update notifications.deliveries set state = 'queued' where state = 'pending' and id in (
    select id from notifications.deliveries where state = 'pending' and due_at <= now()
    order by due_at limit ${mostAtOnce} for update skip locked)
  returning id, channel`,
);

/** Hands what is due to those who send it, once, whatever the number of nodes that try. */
export async function dispatchDeliveries(ctx: PublicCtx): Promise<void> {
  while ((await dispatchSome(ctx)) === mostAtOnce);
}

const dispatchSome = (ctx: PublicCtx): Promise<number> =>
  inTransaction(ctx, async (ctx) => {
    const due = await ctx.sql.query<{ id: string; channel: "mail" | "push" }>(claimStatement);
    for (const { id: deliveryId, channel } of due) {
      if (channel === "mail") postLetter(ctx, notificationLetter, { deliveryId });
      else enqueue(ctx, pushJob, { deliveryId });
    }
    return due.length;
  });
