import { pino } from "pino";
import { openDatabase } from "../../db/orm.ts";
import { readConfig } from "../config.ts";
import type { App } from "../context.ts";
import { readEpoch } from "../platform/feed.ts";
import { createFeedHub } from "../platform/feed-hub.ts";
import { createLimits } from "../platform/limits.ts";
import { createPasswords } from "../platform/passwords.ts";
import { createSessions } from "../platform/sessions.ts";
import { sqlOn } from "../platform/sql.ts";
import { createTokens } from "../platform/tokens.ts";
import { cloneDatabase } from "./services.ts";

/** An application on an empty database of its own, without its edges. */
export async function openTestApp(env: Record<string, string> = {}): Promise<{ app: App; close(): Promise<void> }> {
  const clone = await cloneDatabase();
  const config = readConfig({ NODE_ENV: "test", LOG_LEVEL: "silent", DATABASE_URL: clone.url, ...env });
  const database = await openDatabase(clone.url, config.DATABASE_POOL_SIZE);
  const sql = sqlOn(database.pool);
  const hub = createFeedHub();
  const app: App = {
    config,
    database,
    sql,
    hub,
    log: pino({ level: config.LOG_LEVEL }),
    limits: createLimits(config),
    passwords: createPasswords(config),
    sessions: createSessions(database.pool, hub),
    tokens: await createTokens(config),
    epoch: await readEpoch(sql),
  };
  return {
    app,
    async close() {
      await database.close();
      await clone.drop();
    },
  };
}
