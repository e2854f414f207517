import { ECDH } from "node:crypto";
import { v7 } from "uuid";
import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { conflict, invalid, ruleBroken } from "../../errors.ts";
import { mayBePublic } from "../../platform/public-address.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction, write } from "../../transaction.ts";
import { record } from "../change.ts";
import { dropSubscriptions } from "./delete-push-subscription.ts";
import { pushRenewed, pushSubscribed } from "./push.events.ts";
import { type PushSubscriptionView, pushKinds, pushSubscriptionColumns } from "./push-subscription.view.ts";

const base64url = z
  .string()
  .max(200)
  .regex(/^[A-Za-z0-9_-]+=*$/, "must be base64url");

/** As `PushSubscription.toJSON()` answers in a browser. */
export const createPushSubscriptionInput = z.object({
  kind: z.enum(pushKinds).default("web"),
  endpoint: z.url().max(2_000).describe("https, on a public host"),
  keys: z.strictObject({
    p256dh: base64url.refine(isPoint, "must be a point on P-256, uncompressed").describe("the device's public key"),
    auth: base64url.refine((text) => Buffer.from(text, "base64url").length === 16, "must have 16 bytes"),
  }),
  expirationTime: z.number().min(0).max(8.64e15).nullable().optional().describe("milliseconds since 1970"),
});

function isPoint(text: string): boolean {
  try {
    const bytes = Buffer.from(text, "base64url");
    ECDH.convertKey(bytes, "prime256v1", undefined, undefined, "uncompressed");
    return bytes.length === 65;
  } catch {
    return false;
  }
}

/** Devices of one person; the one that was there longest makes room. */
const most = 20;

const lockStatement = statement(
  "push-subscription.lock",
  "select pg_advisory_xact_lock(hashtextextended('notifications.push:' || $1::uuid, 0))",
);
const foundStatement = statement(
  "push-subscription.found",
  `select ${pushSubscriptionColumns} from notifications.push_subscriptions ps where ps.endpoint = $1 for update`,
);
const surplusStatement = statement(
  "push-subscription.surplus",
  `select ${pushSubscriptionColumns} from notifications.push_subscriptions ps where ps.user_id = $1
  order by ps.created_at desc, ps.id desc offset ${most - 1} for update`,
);
const insertStatement = statement(
  "push-subscription.insert",
  `insert into notifications.push_subscriptions as ps (id, user_id, session_id, kind, endpoint, keys, user_agent, expires_at, created_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (endpoint) do nothing returning ${pushSubscriptionColumns}`,
);
const renewStatement = statement(
  "push-subscription.renew",
  `update notifications.push_subscriptions set session_id = $2, keys = $3, user_agent = $4, expires_at = $5 where id = $1`,
);

/**
 * The caller's device is told of what concerns them, until this sign-in ends. A device belongs to who signed in on it
 * last. Repeated, it answers the same.
 *
 * @throws AppError `validation.failed` (keys; an endpoint that is not public) | `rule.broken` (push is not configured)
 *   | `conflict` (somebody else takes the device at this moment)
 */
export const createPushSubscription = (
  ctx: Ctx,
  input: z.output<typeof createPushSubscriptionInput>,
): Promise<PushSubscriptionView> =>
  inTransaction(ctx, async (ctx) => {
    const { endpoint, kind, keys, expirationTime } = input;
    requirePush(ctx);
    requirePublic(ctx, endpoint);
    const { userId, sessionId } = ctx.actor;
    const { userAgent } = ctx.origin;
    const expiresAt = typeof expirationTime === "number" ? new Date(expirationTime).toISOString() : null;
    const [, [found]] = await Promise.all([
      ctx.sql.query(lockStatement, [userId]),
      ctx.sql.query<PushSubscriptionView>(foundStatement, [endpoint]),
    ]);
    if (found?.userId === userId) {
      write(ctx, renewStatement, [found.id, sessionId, JSON.stringify(keys), userAgent, expiresAt]);
      return record(ctx, pushRenewed, found, { ...found, userAgent, expiresAt });
    }
    const surplus = await ctx.sql.query<PushSubscriptionView>(surplusStatement, [userId]);
    dropSubscriptions(ctx, found ? [found, ...surplus] : surplus);
    const values = [v7(), userId, sessionId, kind, endpoint, JSON.stringify(keys), userAgent, expiresAt, ctx.now];
    const [made] = await ctx.sql.query<PushSubscriptionView>(insertStatement, values);
    if (!made) throw conflict("Somebody else is just taking this device; try again.", { retry: true });
    return record(ctx, pushSubscribed, null, made);
  });

function requirePush(ctx: Ctx): void {
  if (!ctx.app.vapid) throw ruleBroken("push.off", "This server sends no push messages.");
}

/** In development a push service may run on the same machine. */
function requirePublic({ app }: Ctx, endpoint: string): void {
  const url = new URL(endpoint);
  const isWeb = url.protocol === "https:" || (app.config.NODE_ENV !== "production" && url.protocol === "http:");
  if (!isWeb || (app.config.NODE_ENV === "production" && !mayBePublic(url)) || url.username || url.password)
    throw invalid("endpoint", "must be https, on a public host");
}
