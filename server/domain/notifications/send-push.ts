import type { PublicCtx } from "../../context.ts";
import { PermanentFailure } from "../../platform/jobs.ts";
import { statement } from "../../platform/sql.ts";
import { forgetDevices } from "./delete-push-subscription.ts";
import { plainText } from "./plain-text.ts";
import { type Device, type PushMessage, type PushOutcome, pushSenders } from "./push.senders.ts";
import { finishDelivery, type RenderedDelivery, renderDelivery } from "./render-delivery.ts";

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

/** At most 3 KiB as JSON, whatever people write: push services take 4 KiB with the encryption around it (RFC 8030 §7.2). */
function pushMessage({ deliveryId, items, threadKey }: RenderedDelivery): PushMessage {
  const last = items.at(-1);
  const titles = new Set(items.map(({ title }) => title));
  const excerpt = last?.excerptHtml ? plainText(last.excerptHtml) : "";
  const sentence = excerpt ? `${last?.body}: ${excerpt}` : (last?.body ?? "");
  return {
    title: shortened(titles.size === 1 ? (last?.title ?? "") : `${items.length} updates`, 400),
    body: shortened(items.length === 1 ? sentence : items.map(({ body }) => body).join("\n"), 900),
    url: last?.url ?? "",
    tag: threadKey,
    deliveryId,
    notificationIds: items.slice(-10).map(({ notificationId }) => notificationId),
  };
}

/** Cut to a number of bytes as they stand in JSON, between characters. */
function shortened(text: string, bytes: number): string {
  const sizeOf = (part: string) => Buffer.byteLength(JSON.stringify(part)) - 2;
  if (sizeOf(text) <= bytes) return text;
  let size = 3;
  let kept = "";
  for (const character of text) {
    size += sizeOf(character);
    if (size > bytes) break;
    kept += character;
  }
  return `${kept.trimEnd()}…`;
}
