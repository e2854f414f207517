import { createHash } from "node:crypto";
import type { PublicCtx } from "../../context.ts";
import type { Vapid } from "../../platform/vapid.ts";
import { sendWebPush } from "../../platform/web-push.ts";
import type { PushMessage } from "./push.message.ts";
import type { PushKind } from "./push-subscription.view.ts";

export interface Device {
  readonly id: string;
  readonly kind: PushKind;
  readonly endpoint: string;
  readonly keys: { readonly p256dh: string; readonly auth: string };
}

/** Taken by the push service; gone for good; refused, for good as far as this message goes; or to be tried again. */
export type PushOutcome = "sent" | "gone" | "refused" | "later";

type PushSender = (
  ctx: PublicCtx,
  vapid: Vapid,
  device: Device,
  message: PushMessage,
  signal: AbortSignal,
) => Promise<PushOutcome>;

/** News of yesterday is in the inbox. */
const ttlSeconds = 86_400;

const toBrowser: PushSender = async ({ app }, vapid, device, message, signal) => {
  const topic = createHash("sha256").update(message.tag).digest("base64url").slice(0, 32);
  const allowsPrivate = app.config.NODE_ENV !== "production";
  const options = { topic, ttlSeconds, allowsPrivate, signal };
  const answer = await sendWebPush(vapid, device, JSON.stringify(message), options).catch((error: unknown) => {
    app.log.warn({ err: error, subscriptionId: device.id }, "A push service does not answer");
    return 503;
  });
  if (answer >= 200 && answer < 300) return "sent";
  if (answer === 404 || answer === 410) return "gone"; // RFC 8030 §7.3
  return answer === 429 || answer >= 500 ? "later" : "refused";
};

/** How each kind of device is reached. */
export const pushSenders: Readonly<Record<PushKind, PushSender>> = { web: toBrowser };
