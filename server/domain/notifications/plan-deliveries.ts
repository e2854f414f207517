import { v7 } from "uuid";
import type { PublicCtx } from "../../context.ts";
import { enqueue } from "../../platform/jobs.ts";
import { statement } from "../../platform/sql.ts";
import { write } from "../../transaction.ts";
import type { DeliveryChannel, DeliveryMode } from "./event.matrix.ts";
import { dispatchJob } from "./notification.jobs.ts";
import { digestAt, heldUntil, type Peace } from "./quiet-hours.ts";

/** A notification that is to be sent somewhere. */
export interface Planned {
  readonly notificationId: string;
  readonly person: Peace & { readonly userId: string };
  readonly modes: Readonly<Record<DeliveryChannel, DeliveryMode>>;
  /** Mail waits until then: more of the same may join it, and what is read by then needs none. */
  readonly mailFrom: Date;
  /** How often it came back from snoozing. */
  readonly round?: number;
}

interface Delivery {
  readonly channel: "mail" | "push";
  readonly dueAt: Date;
  readonly digest: boolean;
}

/*
 * What is due to one person at the same later moment goes out together. A digest that is being sent takes nothing more:
 * its row has left the index, and a new one is made. In the order of people, so that two tellings wait, not deadlock.
 */
const planStatement = statement(
  "delivery.plan",
  `with given as (
    select * from unnest($3::uuid[], $4::uuid[], $5::text[], $6::boolean[], $7::timestamptz[], $8::uuid[], $9::int[])
      as g (id, user_id, channel, digest, due_at, notification_id, round)
  ), planned as (
    insert into notifications.deliveries (id, organization_id, user_id, channel, digest, due_at, created_at)
    select id, $1, user_id, channel, digest, due_at, $2 from given order by user_id, channel
    on conflict (user_id, organization_id, channel, due_at) where digest and state = 'pending'
    do update set due_at = excluded.due_at
    returning id, user_id, channel
  )
  insert into notifications.delivery_items (organization_id, notification_id, channel, round, delivery_id)
  select $1, g.notification_id, g.channel, g.round, p.id from given g join planned p using (user_id, channel)
  on conflict do nothing`,
);

/** Notes what is to be sent to people, at most one notification each, and when; in the transaction that tells them. */
export function planDeliveries(ctx: PublicCtx, organizationId: string, planned: readonly Planned[]): void {
  const moments = remembering((channel, mode, person) => momentOf(ctx, channel, mode, person, planned[0]?.mailFrom));
  const deliveries = planned.flatMap(({ notificationId, person, modes, round = 0 }) =>
    (["mail", "push"] as const).flatMap((channel) => {
      const mode = modes[channel];
      return mode === "off"
        ? []
        : [{ id: v7(), notificationId, userId: person.userId, round, ...moments(channel, mode, person) }];
    }),
  );
  if (deliveries.length === 0) return;
  write(ctx, planStatement, [
    organizationId,
    ctx.now,
    deliveries.map(({ id }) => id),
    deliveries.map(({ userId }) => userId),
    deliveries.map(({ channel }) => channel),
    deliveries.map(({ digest }) => digest),
    deliveries.map(({ dueAt }) => dueAt),
    deliveries.map(({ notificationId }) => notificationId),
    deliveries.map(({ round }) => round),
  ]);
  // What waits longer is found by the schedule.
  const soon = deliveries.filter(({ digest }) => !digest).map(({ dueAt }) => dueAt.getTime());
  for (const dueAt of new Set(soon)) enqueue(ctx, dispatchJob, {}, { runAt: new Date(dueAt) });
}

function momentOf(
  ctx: PublicCtx,
  channel: "mail" | "push",
  mode: Exclude<DeliveryMode, "off">,
  peace: Peace,
  mailFrom: Date = ctx.now,
): Delivery {
  if (mode !== "instant") return { channel, digest: true, dueAt: digestAt(ctx.now, mode, peace) };
  const wanted = channel === "mail" ? mailFrom : ctx.now;
  const dueAt = heldUntil(wanted, peace);
  return { channel, digest: dueAt > wanted, dueAt };
}

type Moment = (channel: "mail" | "push", mode: Exclude<DeliveryMode, "off">, peace: Peace) => Delivery;

/** A thousand people have few habits between them. */
function remembering(momentOf: Moment): Moment {
  const known = new Map<string, Delivery>();
  return (channel, mode, { timeZone, workingDays, quietFrom, quietTo, holdDaysOff, digestHour }) => {
    const peace = { timeZone, workingDays, quietFrom, quietTo, holdDaysOff, digestHour };
    const key = JSON.stringify([channel, mode, peace]);
    const moment = known.get(key) ?? momentOf(channel, mode, peace);
    known.set(key, moment);
    return moment;
  };
}
