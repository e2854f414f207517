import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import type { LookupFunction } from "node:net";
import webPush from "web-push";
import { mayBePublic, publicLookup } from "./public-address.ts";
import type { Vapid } from "./vapid.ts";

/** What a browser gave us: where its push service takes messages, and the keys that only it can decrypt with. */
export interface BrowserSubscription {
  readonly endpoint: string;
  readonly keys: { readonly p256dh: string; readonly auth: string };
}

interface PushOptions {
  /** A message that waits replaces an earlier one of the same topic. At most 32 characters of base64url. */
  readonly topic: string;
  /** How long a device that is away may be waited for. */
  readonly ttlSeconds: number;
  /** Endpoints on private networks and without TLS, for development. */
  readonly allowsPrivate: boolean;
  /** Where names lead, unless private networks are allowed; default `publicLookup`. */
  readonly lookup?: LookupFunction;
  readonly signal: AbortSignal;
}

const waitMs = 15_000;

/**
 * Hands an encrypted message (RFC 8291) to a push service (RFC 8030).
 *
 * @returns the service's status: 2xx taken, 404 and 410 gone for good, 429 and 5xx later
 * @throws Error when it does not answer, or is no public host
 */
export async function sendWebPush(
  vapid: Vapid,
  subscription: BrowserSubscription,
  payload: string,
  { topic, ttlSeconds, allowsPrivate, lookup = publicLookup, signal }: PushOptions,
): Promise<number> {
  const url = new URL(subscription.endpoint);
  if (!allowsPrivate && (url.protocol !== "https:" || !mayBePublic(url))) throw new Error("The endpoint is not public");
  const { method, headers, body } = webPush.generateRequestDetails(subscription, payload, {
    vapidDetails: { ...vapid },
    TTL: ttlSeconds,
    urgency: "normal",
    topic,
    contentEncoding: "aes128gcm",
  });
  return new Promise((resolve, reject) => {
    const request = url.protocol === "https:" ? requestHttps : requestHttp;
    const sent = request(url, {
      method,
      headers: { ...headers },
      signal: AbortSignal.any([signal, AbortSignal.timeout(waitMs)]),
      ...(allowsPrivate ? {} : { lookup }),
    });
    sent.once("response", (answer) => {
      answer.resume(); // redirects are not followed, and nothing in the answer matters
      resolve(answer.statusCode ?? 0);
    });
    sent.once("error", reject);
    sent.end(body);
  });
}
