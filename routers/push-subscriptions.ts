import { z } from "zod";
import {
  createPushSubscription,
  createPushSubscriptionInput,
} from "../server/domain/notifications/create-push-subscription.ts";
import {
  deletePushSubscription,
  deletePushSubscriptionInput,
} from "../server/domain/notifications/delete-push-subscription.ts";
import {
  listPushSubscriptions,
  pushKeySchema,
  readPushKey,
} from "../server/domain/notifications/list-push-subscriptions.ts";
import { pushSubscriptionViewSchema } from "../server/domain/notifications/push-subscription.view.ts";
import { mutates, procedure, rest, router } from "./trpc.ts";

export const pushSubscriptions = router({
  key: procedure
    .meta(rest("GET /push-subscriptions/key", "Read the key to subscribe a device with", { access: "signed-in" }))
    .output(pushKeySchema)
    .query(({ ctx }) => readPushKey(ctx)),

  list: procedure
    .meta(rest("GET /push-subscriptions", "List my devices", { access: "signed-in" }))
    .output(z.object({ items: z.array(pushSubscriptionViewSchema) }))
    .query(({ ctx }) => listPushSubscriptions(ctx)),

  create: procedure
    .meta(
      rest("POST /push-subscriptions", "Have a device told", {
        access: "signed-in",
        description:
          "Takes what `PushSubscription.toJSON()` answers. It ends with this sign-in; ask again at each start.",
      }),
    )
    .input(mutates(createPushSubscriptionInput))
    .output(pushSubscriptionViewSchema)
    .mutation(({ ctx, input }) => createPushSubscription(ctx, input)),

  delete: procedure
    .meta(rest("DELETE /push-subscriptions/{subscriptionId}", "Have a device told no longer", { access: "signed-in" }))
    .input(mutates(deletePushSubscriptionInput))
    .output(z.object({ id: z.uuid() }))
    .mutation(({ ctx, input }) => deletePushSubscription(ctx, input)),
});
