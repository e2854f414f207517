import pLimit from "p-limit";
import type { App } from "../../server/context.ts";
import { projectFacts } from "../../server/domain/analytics/project-facts.ts";
import { advance, channelsBehind } from "../../server/domain/projection.ts";
import type { Channel } from "../../server/platform/feed.ts";
import { channelsAtOnce } from "../../workers/engine/run-projections.ts";
import { systemContext } from "../../workers/engine/runtime.ts";

/** Reads all that analytics has not read yet, as its worker does. @returns how many changes */
export async function projectAll(app: App): Promise<number> {
  const ctx = systemContext(app, "bench", projectFacts.name);
  const channels = await channelsBehind(ctx, projectFacts, true);
  let total = 0;
  const follow = async (channel: Channel) => {
    for (let count = -1; count !== 0; total += count) count = await advance(ctx, projectFacts, channel);
  };
  await pLimit(channelsAtOnce).map(channels, follow);
  return total;
}
