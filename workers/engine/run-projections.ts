import pLimit from "p-limit";
import { Counter, Gauge } from "prom-client";
import { advance, channelsBehind, type Projection } from "../../server/domain/projection.ts";
import type { Channel } from "../../server/platform/feed.ts";
import { isWanted } from "./options.ts";
import { repeat } from "./repeat.ts";
import { type Runtime, systemContext } from "./runtime.ts";

/** Looking at all channels costs some 0.1 s for 100,000 of them. */
const lookAtAllMs = 30_000;

/** Followed at the same time, so that one with a long way to go holds up no other, and the process does not wait for each. */
export const channelsAtOnce = 4;

const applied = new Counter({
  name: "taskwire_projection_changes_total",
  help: "Changes applied by a projection",
  labelNames: ["projection"],
});
const stuck = new Gauge({
  name: "taskwire_projection_stuck_channels",
  help: "Channels whose next changes a projection failed to apply; they are tried again",
  labelNames: ["projection"],
});

/**
 * Keeps the projections up to date: woken by the writers, with a sweep as the net below. Needs no broker; a cursor per
 * channel, moved in the projection's own transaction, says what was done. A channel that fails stands still and is
 * tried again, ever less often: to skip a change would make its figures wrong for good.
 *
 * @returns a function that ends it after what is being applied
 */
export function startProjections(runtime: Runtime): () => Promise<void> {
  const wanted = runtime.options.projections.filter(({ name }) => isWanted(name, runtime.options.only));
  const stops = wanted.map((projection) => startProjection(runtime, projection));
  return async () => {
    await Promise.all(stops.map((stop) => stop()));
  };
}

function startProjection(runtime: Runtime, projection: Projection): () => Promise<void> {
  const { app, options } = runtime;
  const woken = new Set<Channel>();
  const followed = new Map<Channel, Promise<void>>();
  const atOnce = pLimit(channelsAtOnce);
  const failures = new Map<Channel, { count: number; notBefore: number }>();
  const isRead = (channel: string) => projection.channels.some((kind) => channel.startsWith(`${kind}:`));
  let lookAtAllAt = 0;
  let isStopping = false;

  const turn = async (isSweep: boolean) => {
    if (isSweep) {
      const all = performance.now() >= lookAtAllAt;
      if (all) lookAtAllAt = performance.now() + lookAtAllMs;
      const ctx = systemContext(app, projection.name, projection.name);
      for (const channel of await channelsBehind(ctx, projection, all)) woken.add(channel);
      for (const [channel, { notBefore }] of failures) if (performance.now() >= notBefore) woken.add(channel);
    }
    for (const channel of woken) if (!followed.has(channel)) begin(channel);
  };
  const begin = (channel: Channel) => {
    const ended = atOnce(async () => {
      woken.delete(channel); // a signal from now on comes again
      const isDue = (failures.get(channel)?.notBefore ?? 0) <= performance.now();
      if (isDue && !isStopping) await follow(channel);
    });
    const forget = () => {
      followed.delete(channel);
      if (woken.has(channel)) following.now();
    };
    followed.set(channel, ended.finally(forget));
  };
  const follow = async (channel: Channel) => {
    try {
      for (;;) {
        const ctx = systemContext(app, channel, projection.name);
        const count = await runtime.slots(() => advance(ctx, projection, channel));
        applied.inc({ projection: projection.name }, count);
        if (count === 0 || isStopping) break;
      }
      failures.delete(channel);
    } catch (error) {
      const count = (failures.get(channel)?.count ?? 0) + 1;
      failures.set(channel, { count, notBefore: performance.now() + options.retryDelayMs(count) });
      app.log.warn({ err: error, projection: projection.name, channel, attempt: count }, "A projection failed");
    }
    stuck.set({ projection: projection.name }, failures.size);
  };

  const following = repeat(app.log, `projection ${projection.name}`, options.sweepMs, turn);
  const ignore = app.wake.on("relay", (channel) => {
    if (!isRead(channel)) return;
    woken.add(channel as Channel);
    following.now();
  });
  return async () => {
    isStopping = true;
    ignore();
    await following.stop();
    await Promise.all(followed.values());
  };
}
