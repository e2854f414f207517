import { z } from "zod";
import { instant } from "../fields.ts";

/** Ways to a device. Another one needs a line here, one in `push.senders.ts`, and one in the table's check. */
export const pushKinds = ["web"] as const;
export type PushKind = (typeof pushKinds)[number];

export const pushSubscriptionViewSchema = z
  .object({
    id: z.uuid(),
    userId: z.uuid(),
    kind: z.enum(pushKinds),
    service: z.string().describe("the host of the push service"),
    userAgent: z.string(),
    expiresAt: instant.nullable(),
    createdAt: instant,
  })
  .meta({ id: "PushSubscription" });
/** A device that is told. Its endpoint and keys stay with the server: who has them can write to the device. */
export type PushSubscriptionView = z.output<typeof pushSubscriptionViewSchema>;

export const pushSubscriptionColumns = `ps.id, ps.user_id as "userId", ps.kind, substring(ps.endpoint from '^[a-z]+://([^/?#]+)') as service,
  ps.user_agent as "userAgent", ps.expires_at as "expiresAt", ps.created_at as "createdAt"`;
