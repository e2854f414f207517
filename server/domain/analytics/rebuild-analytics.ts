import type { PublicCtx } from "../../context.ts";
import type { Channel } from "../../platform/feed.ts";
import { channelsOf, type Projection, rebuild } from "../projection.ts";
import { projectFacts } from "./project-facts.ts";
import { timeFacts } from "./time-facts.ts";

/** Everything that analytics keeps. */
export const analyticsProjections: readonly Projection[] = [projectFacts, timeFacts];

/**
 * Makes the read models of analytics anew from the feed, one channel after the other, each in a transaction of its own:
 * readers see the old figures until then. What comes out is what the workers had kept, unless they were wrong.
 *
 * @param options.projectId only this project
 * @param options.told hears of each channel that is done
 * @returns how many changes were applied
 * @throws Error when retention removed a channel's first changes
 */
export async function rebuildAnalytics(
  ctx: PublicCtx,
  options: { projectId?: string; told?: (channel: Channel, changes: number) => void } = {},
): Promise<number> {
  const { projectId, told = () => {} } = options;
  let total = 0;
  for (const projection of analyticsProjections) {
    const channels = await channelsOf(ctx, projection);
    for (const channel of projectId ? channels.filter((name) => name.endsWith(`:${projectId}`)) : channels) {
      const applied = await rebuild(ctx, projection, channel);
      told(channel, applied);
      total += applied;
    }
  }
  return total;
}
