import { sessionEnded } from "../server/domain/auth/auth.events.ts";
import { forgetDevicesOf } from "../server/domain/notifications/delete-push-subscription.ts";
import { pushJob } from "../server/domain/notifications/push.jobs.ts";
import { sendPush } from "../server/domain/notifications/send-push.ts";
import { defineConsumer } from "./consumer.ts";
import { handleJob } from "./job.ts";

/** About an hour: later than that, the inbox tells. */
const maxAttempts = 12;

export const sendPushes = handleJob(pushJob, {
  maxAttempts,
  timeoutMs: 60_000,
  prefetch: 8,
  handle: (ctx, input, { attempt, signal }) => sendPush(ctx, input, { isLast: attempt >= maxAttempts, signal }),
});

/** A device that somebody signed out on is nobody's. */
export const forgetSignedOut = defineConsumer({
  name: "push.forget-signed-out",
  on: [sessionEnded],
  maxAttempts: 8,
  timeoutMs: 10_000,
  handle: (ctx, { entityId }) => forgetDevicesOf(ctx, entityId),
});
