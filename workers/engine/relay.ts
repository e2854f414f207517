import { v7 } from "uuid";
import type { Outgoing } from "../../server/platform/broker.ts";
import type { Change, Channel } from "../../server/platform/feed.ts";
import { statement } from "../../server/platform/sql.ts";
import { topicOf } from "../consumer.ts";
import { repeat } from "./repeat.ts";
import type { Runtime } from "./runtime.ts";

/** Channels, and changes of each, that are published together: of few channels more. */
const maxChannels = 100;
const changesOfEach = (channels: number) => Math.min(1_000, Math.ceil(4_000 / channels));

const claimStatement = statement(
  "relay.claim",
  `with claimed as (
    insert into feed.relay_cursors as k (channel, seq, lease, leased_until)
    select asked.channel, 0, $2::uuid, now() + make_interval(secs => $3::float8 / 1000)
    from unnest($1::text[]) asked (channel) order by asked.channel collate "C"
    on conflict (channel) do update set lease = excluded.lease, leased_until = excluded.leased_until
    where k.leased_until is null or k.leased_until < now() or k.lease = excluded.lease
    returning channel, seq
  )
  select c.channel, c.seq, c.id, c.at, c.actor_id as "actorId", c.type, c.entity, c.op, c.entity_id as "entityId", c.patch
  from claimed k
  cross join lateral (select * from feed.changes c where c.channel = k.channel and c.seq > k.seq order by c.seq limit $4) c
  order by c.seq - k.seq, c.channel`, // the channels take turns, so that consumers find different entities
);

/** Only whoever still holds the lease moves the cursor: a relay that was taken for dead changes nothing. */
const advanceStatement = statement(
  "relay.advance",
  `update feed.relay_cursors k set seq = greatest(k.seq, done.seq), lease = null, leased_until = null
  from unnest($1::text[], $2::bigint[]) done (channel, seq)
  where k.channel = done.channel and k.lease = $3`,
);

const behind = "c.seq > coalesce(k.seq, 0) and (k.leased_until is null or k.leased_until < now())";
/* What was missed is nearly always young; looking there costs as much as happened lately. */
const behindLatelyStatement = statement(
  "relay.behind-lately",
  `select distinct channel from feed.changes c left join feed.relay_cursors k using (channel)
  where c.at > now() - make_interval(secs => $1::float8 / 1000) and ${behind}`,
);
const behindStatement = statement(
  "relay.behind",
  `select channel from feed.heads c left join feed.relay_cursors k using (channel) where ${behind}`,
);
/** Looking at all channels costs some 0.1 s for 100,000 of them. */
const lookAtAllMs = 30_000;

/**
 * Publishes the changes of each channel in their order. A relay leases the channels it publishes for that moment;
 * those of a dead one are free when their leases end. What is published twice after such a takeover comes in order
 * both times, and the inbox lets the second pass without effect.
 *
 * @returns a function that ends it after what is being published
 */
export function startRelay(runtime: Runtime): () => Promise<void> {
  const { app, options } = runtime;
  const lease = v7();
  const woken = new Set<string>();
  const isHeard = hearing(runtime);

  let lookAtAllAt = 0;

  const find = (): Promise<{ channel: string }[]> => {
    if (performance.now() < lookAtAllAt) return app.sql.query(behindLatelyStatement, [options.leaseMs * 2]);
    lookAtAllAt = performance.now() + lookAtAllMs;
    return app.sql.query(behindStatement);
  };
  const publishing = repeat(app.log, "relay", options.sweepMs, async (isSweep) => {
    if (isSweep) for (const { channel } of await find()) woken.add(channel);
    while (woken.size > 0) {
      const channels = [...woken].slice(0, maxChannels);
      for (const channel of channels) woken.delete(channel);
      const { more, stuck } = await publishChannels(runtime, lease, channels, isHeard);
      for (const channel of [...more, ...stuck]) woken.add(channel);
      if (stuck.length > 0) return; // until the next turn
    }
  });
  const ignore = app.wake.on("relay", (channel) => {
    if (channel) woken.add(channel);
    publishing.now();
  });
  return async () => {
    ignore();
    await publishing.stop();
  };
}

async function publishChannels(
  { app, broker, options, outbox }: Runtime,
  lease: string,
  channels: readonly string[],
  isHeard: (topic: string) => boolean,
): Promise<{ more: Channel[]; stuck: Channel[] }> {
  const claimedAt = performance.now();
  const most = changesOfEach(channels.length);
  const changes = await outbox.query<Change>(claimStatement, [channels, lease, options.leaseMs, most]);
  const isLate = performance.now() - claimedAt > options.leaseMs / 2; // then another may have taken over already
  const confirmed = isLate
    ? []
    : await broker.publish(changes.map((change) => outgoing(change, isHeard))).catch((error: unknown) => {
        app.log.warn({ err: error }, "Changes could not be published; they are tried again");
        return [];
      });

  const byChannel = Map.groupBy(
    changes.map((change, at) => ({ ...change, isOut: confirmed[at] === true })),
    ({ channel }) => channel,
  );
  const done = new Map<string, number>(channels.map((channel) => [channel, 0]));
  const more: Channel[] = [];
  const stuck: Channel[] = [];
  for (const [channel, published] of byChannel) {
    const stuckAt = published.findIndex(({ isOut }) => !isOut);
    const out = stuckAt < 0 ? published : published.slice(0, stuckAt);
    done.set(channel, out.at(-1)?.seq ?? 0);
    if (stuckAt >= 0) stuck.push(channel);
    else if (published.length === most) more.push(channel);
  }
  await outbox.query(advanceStatement, [[...done.keys()], [...done.values()], lease]);
  return { more, stuck };
}

const outgoing = (change: Change, isHeard: (topic: string) => boolean): Outgoing => {
  const topic = topicOf(change);
  return { id: change.id, to: { topic }, body: change, mandatory: isHeard(topic) };
};

/** Whether some consumer must get what is published to a topic. */
function hearing({ options }: Runtime): (topic: string) => boolean {
  const known = new Map<string, boolean>();
  return (topic) => {
    let isHeard = known.get(topic);
    if (isHeard === undefined) {
      const [kind, ...type] = topic.split(".");
      isHeard = options.consumers.some(
        ({ on, channels }) =>
          on.some((fact) => fact.type === type.join(".")) && (!channels || channels.some((name) => name === kind)),
      );
      known.set(topic, isHeard);
    }
    return isHeard;
  };
}
