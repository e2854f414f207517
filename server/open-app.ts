import { Redis } from "ioredis";
import { openDatabase } from "../db/orm.ts";
import type { Config } from "./config.ts";
import type { App } from "./context.ts";
import { createCache } from "./platform/cache.ts";
import { readEpoch } from "./platform/feed.ts";
import { createFeedHub } from "./platform/feed-hub.ts";
import { createIdentityProviders } from "./platform/identity/providers.ts";
import { createLatestAnswers } from "./platform/latest-answers.ts";
import { createLimits } from "./platform/limits.ts";
import { createLog } from "./platform/log.ts";
import { loadMailTemplates } from "./platform/mail-templates.ts";
import { openMailer } from "./platform/mailer.ts";
import { openObjectStore } from "./platform/object-store.ts";
import { createPasswords } from "./platform/passwords.ts";
import { openReplicas } from "./platform/replicas.ts";
import { createRevokedTokens } from "./platform/revoked-tokens.ts";
import { createSessions } from "./platform/sessions.ts";
import { sqlOn } from "./platform/sql.ts";
import { createTokens } from "./platform/tokens.ts";
import { vapidOf } from "./platform/vapid.ts";
import { createWake } from "./platform/wake.ts";

/** Opens all that a process holds for its whole life. The database must be migrated. */
export async function openApp(config: Config, databaseUrl: string): Promise<{ app: App; close(): Promise<void> }> {
  const log = createLog(config);
  const database = await openDatabase(databaseUrl, config.DATABASE_POOL_SIZE);
  const sql = sqlOn(database.pool);
  const hub = createFeedHub();
  const wake = createWake(database.pool, log);
  hub.subscribe((changes) => {
    for (const { channel } of changes) wake.signal("relay", channel);
  });
  const replicas = openReplicas(config.DATABASE_REPLICA_URLS, log);
  const redis = config.REDIS_URL ? connectRedis(config.REDIS_URL, log) : null;
  const revokedTokens = createRevokedTokens(sql, log);
  const app: App = {
    config,
    database,
    sql,
    hub,
    log,
    wake,
    redis,
    epoch: await readEpoch(sql),
    cache: createCache(redis ?? undefined),
    snapshots: createLatestAnswers("snapshot", config.SNAPSHOT_CACHE_MIB * 1024 * 1024, redis ?? undefined),
    limits: createLimits(config, redis ?? undefined),
    mailer: openMailer(config),
    vapid: vapidOf(config),
    mailTemplates: loadMailTemplates(config),
    passwords: createPasswords(config),
    store: openObjectStore(config),
    replicas,
    sessions: createSessions(database.pool, hub),
    identityProviders: createIdentityProviders(config),
    tokens: await createTokens(config),
    revokedTokens,
  };
  return {
    app,
    async close() {
      await app.mailer?.close();
      revokedTokens.close();
      redis?.disconnect();
      await replicas.close();
      await database.close();
    },
  };
}

/** Redis is a hint and a shared counter, never the truth: without it the process works on, so nothing waits for it. */
function connectRedis(url: string, log: App["log"]): Redis {
  const redis = new Redis(url, { enableOfflineQueue: false, maxRetriesPerRequest: 1, connectTimeout: 5_000 });
  let down = false;
  redis.on("error", (error) => {
    if (!down) log.warn({ error: error.message }, "Redis does not answer; going on without it");
    down = true;
  });
  redis.on("ready", () => {
    if (down) log.info("Redis answers again");
    down = false;
  });
  return redis;
}
