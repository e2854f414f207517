import { graphemes, plainText } from "./plain-text.ts";
import type { RenderedDelivery } from "./render-delivery.ts";

/** What a device is told, as its service worker receives it. */
export interface PushMessage {
  readonly title: string;
  readonly body: string;
  readonly url: string;
  /** A later message of the same tag replaces an earlier one. */
  readonly tag: string;
  readonly deliveryId: string;
  readonly notificationIds: readonly string[];
}

/**
 * At most 3 KiB as JSON, whatever people write: push services take 4 KiB with the encryption around it (RFC 8030 §7.2,
 * RFC 8291 §4).
 */
export function pushMessage({ deliveryId, items, threadKey }: RenderedDelivery): PushMessage {
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

const sizeInJson = (text: string) => Buffer.byteLength(JSON.stringify(text)) - 2;

/** Cut to a number of bytes as they stand in JSON, between what people see as characters. */
function shortened(text: string, bytes: number): string {
  if (sizeInJson(text) <= bytes) return text;
  let size = sizeInJson("…");
  let kept = "";
  for (const { segment } of graphemes.segment(text)) {
    size += sizeInJson(segment);
    if (size > bytes) break;
    kept += segment;
  }
  return `${kept.trimEnd()}…`;
}
