import type { PublicCtx } from "../../context.ts";
import { PermanentFailure } from "../../platform/jobs.ts";
import { statement } from "../../platform/sql.ts";
import { forgetDevices } from "./delete-push-subscription.ts";
import { pushMessage } from "./push.message.ts";
import { type Device, type PushOutcome, pushSenders } from "./push.senders.ts";
import { finishDelivery, renderDelivery } from "./render-delivery.ts";

/* Only where the person is still signed in. */
const devicesStatement = statement(
  "push.devices",
  `select ps.id, ps.kind, ps.endpoint, ps.keys, sent.delivery_id is not null as "hasIt"
  from notifications.push_subscriptions ps
  join auth.sessions s on s.id = ps.session_id and s.expires_at > now()
  left join notifications.push_sends sent on sent.subscription_id = ps.id and sent.delivery_id = $2
  where ps.user_id = $1 and (ps.expires_at is null or ps.expires_at > now())`,
);
const sentStatement = statement(
  "push.sent",
  `insert into notifications.push_sends (organization_id, delivery_id, subscription_id)
  select $1, $2, unnest($3::uuid[]) on conflict do nothing`,
);

interface Run {
  /** No attempt follows this one. */
  readonly isLast: boolean;
  readonly signal: AbortSignal;
}

/**
 * Tells a person's devices, each once: those that have the message already are left out when others must be tried again.
 *
 * @throws Error when a push service asks to come back | PermanentFailure when every one of them refused
 */
export async function sendPush(ctx: PublicCtx, { deliveryId }: { deliveryId: string }, run: Run): Promise<void> {
  const { vapid } = ctx.app;
  if (!vapid) return finishDelivery(ctx, deliveryId, "skipped", "push is not configured");
  const delivery = await renderDelivery(ctx, deliveryId);
  if (!delivery) return finishDelivery(ctx, deliveryId, "skipped");
  const devices = await ctx.sql.query<Device & { hasIt: boolean }>(devicesStatement, [delivery.userId, deliveryId]);
  if (devices.length === 0) return finishDelivery(ctx, deliveryId, "skipped", "no device");

  const message = pushMessage(delivery);
  const outcomes = await Promise.all(
    devices.map(async (device): Promise<[Device, PushOutcome | "had"]> => {
      if (device.hasIt) return [device, "had"];
      return [device, await pushSenders[device.kind](ctx, vapid, device, message, run.signal)];
    }),
  );
  const those = (wanted: PushOutcome | "had") =>
    outcomes.flatMap(([device, outcome]) => (outcome === wanted ? [device.id] : []));
  const [sent, gone, later, refused] = [those("sent"), those("gone"), those("later"), those("refused")];
  await ctx.sql.query(sentStatement, [delivery.organizationId, deliveryId, sent]);
  if (gone.length > 0) await forgetDevices(ctx, gone);
  if (later.length > 0 && !run.isLast) throw new Error(`${later.length} of ${devices.length} devices must wait`);

  const count = sent.length + those("had").length;
  if (count > 0) return finishDelivery(ctx, deliveryId, "sent", `${count} of ${devices.length} devices`);
  if (later.length + refused.length === 0) return finishDelivery(ctx, deliveryId, "skipped", "no device any more");
  await finishDelivery(ctx, deliveryId, "failed", "the push services took it for no device");
  throw new PermanentFailure("The push services took it for no device");
}
