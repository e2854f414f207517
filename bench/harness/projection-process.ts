// A process of its own that reads the feed: for the figures that analytics keeps, or for nothing. Told what to do by messages.

import { readConfig } from "../../server/config.ts";
import { rebuildAnalytics } from "../../server/domain/analytics/rebuild-analytics.ts";
import { openApp } from "../../server/open-app.ts";
import { type Channel, readFeed } from "../../server/platform/feed.ts";
import { systemContext } from "../../workers/engine/runtime.ts";
import { projectAll } from "./projecting.ts";

const config = readConfig();
const { app, close } = await openApp(config, config.DATABASE_URL as string);
const perRead = 1_000;

/** The same reads, and nothing is made of them. */
async function readAll(): Promise<number> {
  let total = 0;
  for (const { channel } of await app.sql.query<{ channel: Channel }>(
    "select channel from feed.heads where channel like 'project:%'",
  )) {
    for (let since = 0, count = perRead; count === perRead; since += count, total += count)
      count = (await readFeed(app.sql, channel, since, perRead)).length;
  }
  return total;
}

const tasks = {
  ours: () => projectAll(app),
  bare: readAll,
  rebuild: () => rebuildAnalytics(systemContext(app, "bench", "rebuild")),
};

process.on("message", async (task: keyof typeof tasks | "end") => {
  if (task === "end") {
    await close();
    process.exit(0);
  }
  const startedAt = performance.now();
  const amount = await tasks[task]();
  process.send?.({ amount, seconds: (performance.now() - startedAt) / 1_000 });
});
process.send?.("ready");
