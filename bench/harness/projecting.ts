import type { App } from "../../server/context.ts";
import { projectFacts } from "../../server/domain/analytics/project-facts.ts";
import { advance, channelsBehind } from "../../server/domain/projection.ts";
import { systemContext } from "../../workers/engine/runtime.ts";

/** Reads all that analytics has not read yet, as its worker does: channel after channel. @returns how many changes */
export async function projectAll(app: App): Promise<number> {
  const ctx = systemContext(app, "bench", projectFacts.name);
  let total = 0;
  for (const channel of await channelsBehind(ctx, projectFacts, true)) {
    for (let count = -1; count !== 0; total += count) count = await advance(ctx, projectFacts, channel);
  }
  return total;
}
