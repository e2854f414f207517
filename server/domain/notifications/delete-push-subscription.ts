import { z } from "zod";
import type { Ctx, PublicCtx } from "../../context.ts";
import { notFound } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction, write } from "../../transaction.ts";
import { record } from "../change.ts";
import { id } from "../fields.ts";
import { pushUnsubscribed } from "./push.events.ts";
import { type PushSubscriptionView, pushSubscriptionColumns } from "./push-subscription.view.ts";

export const deletePushSubscriptionInput = z.object({ subscriptionId: id });

const accessStatement = statement(
  "push-subscription.access",
  `select ${pushSubscriptionColumns} from notifications.push_subscriptions ps where ps.id = $1 and ps.user_id = $2 for update`,
);
const goneStatement = statement(
  "push-subscription.gone",
  `select ${pushSubscriptionColumns} from notifications.push_subscriptions ps where ps.id = any($1::uuid[]) order by ps.id for update`,
);
const ofSessionStatement = statement(
  "push-subscription.of-session",
  `select ${pushSubscriptionColumns} from notifications.push_subscriptions ps where ps.session_id = $1 order by ps.id for update`,
);
const deleteStatement = statement(
  "push-subscription.delete",
  "delete from notifications.push_subscriptions where id = any($1::uuid[])",
);

/** Removes devices that are locked, and tells their people. */
export function dropSubscriptions(ctx: PublicCtx, subscriptions: readonly PushSubscriptionView[]): void {
  if (subscriptions.length === 0) return;
  write(ctx, deleteStatement, [subscriptions.map(({ id }) => id)]);
  for (const subscription of subscriptions) record(ctx, pushUnsubscribed, subscription, null);
}

/** A device of the caller's is told no longer. @throws AppError `not-found` */
export const deletePushSubscription = (
  ctx: Ctx,
  { subscriptionId }: z.output<typeof deletePushSubscriptionInput>,
): Promise<{ id: string }> =>
  inTransaction(ctx, async (ctx) => {
    const [mine] = await ctx.sql.query<PushSubscriptionView>(accessStatement, [subscriptionId, ctx.actor.userId]);
    if (!mine) throw notFound("push subscription", subscriptionId);
    dropSubscriptions(ctx, [mine]);
    return { id: mine.id };
  });

/** Devices whose push services say that they are gone. */
export const forgetDevices = (ctx: PublicCtx, ids: readonly string[]): Promise<void> =>
  inTransaction(ctx, async (ctx) => {
    dropSubscriptions(ctx, await ctx.sql.query<PushSubscriptionView>(goneStatement, [ids]));
  });

/** Whoever signed out on a device is told nothing there any more. */
export async function forgetDevicesOf(ctx: PublicCtx, sessionId: string): Promise<void> {
  dropSubscriptions(ctx, await ctx.sql.query<PushSubscriptionView>(ofSessionStatement, [sessionId]));
}
