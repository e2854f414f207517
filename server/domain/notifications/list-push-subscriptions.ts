import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { type PushSubscriptionView, pushSubscriptionColumns } from "./push-subscription.view.ts";

const listStatement = statement(
  "push-subscription.list",
  `select ${pushSubscriptionColumns} from notifications.push_subscriptions ps where ps.user_id = $1 order by ps.created_at desc, ps.id desc`,
);

/** The caller's devices, the latest first; never more than twenty. */
export async function listPushSubscriptions(ctx: Ctx): Promise<{ items: PushSubscriptionView[] }> {
  return { items: await ctx.sql.query<PushSubscriptionView>(listStatement, [ctx.actor.userId]) };
}

export const pushKeySchema = z.object({
  publicKey: z.string().nullable().describe("the `applicationServerKey` to subscribe with; null: push is off"),
});

export const readPushKey = ({ app }: Ctx): z.output<typeof pushKeySchema> => ({
  publicKey: app.vapid?.publicKey ?? null,
});
