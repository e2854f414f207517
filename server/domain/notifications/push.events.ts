import { defineChange } from "../change.ts";
import { pushSubscriptionViewSchema } from "./push-subscription.view.ts";

/** A device is told from now on. */
export const pushSubscribed = defineChange({
  type: "push-subscription.created",
  entity: "pushSubscription",
  op: "create",
  view: pushSubscriptionViewSchema,
  channel: (subscription) => `user:${subscription.userId}`,
});

/** The device asked again, from another browser version or for longer. */
export const pushRenewed = defineChange({ ...pushSubscribed, type: "push-subscription.renewed", op: "update" });

/** Taken back, expired, or its person signed out there. */
export const pushUnsubscribed = defineChange({ ...pushSubscribed, type: "push-subscription.deleted", op: "delete" });
