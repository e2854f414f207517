import { join } from "node:path";
import type { Config } from "../server/config.ts";
import { readConfig } from "../server/config.ts";
import type { App } from "../server/context.ts";
import { openApp } from "../server/open-app.ts";
import { runningPostgresUrl, startEmbeddedPostgres } from "../server/platform/embedded-postgres.ts";

export interface OpenDatabase {
  readonly url: string;
  close(): Promise<void>;
}

/** The database of the settings; the embedded one also while a server is using it. */
export async function openDatabase({ DATABASE_URL, DATA_DIR }: Config): Promise<OpenDatabase> {
  if (DATABASE_URL) return { url: DATABASE_URL, close: async () => {} };
  const dataDir = join(DATA_DIR, "postgres");
  try {
    const postgres = await startEmbeddedPostgres({ dataDir });
    return { url: postgres.url, close: () => postgres.stop() };
  } catch (error) {
    if ((error as { code?: unknown }).code !== "in-use") throw error;
    return { url: runningPostgresUrl(dataDir), close: async () => {} };
  }
}

/** Runs `work` with the database of the settings. */
export async function withDatabase<T>(work: (url: string, config: Config) => Promise<T>): Promise<T> {
  const config = readConfig();
  const database = await openDatabase(config);
  try {
    return await work(database.url, config);
  } finally {
    await database.close();
  }
}

/** Runs `work` with all that operations use: database, keys, file store. */
export const withApp = <T>(work: (app: App) => Promise<T>): Promise<T> =>
  withDatabase(async (url, config) => {
    const { app, close } = await openApp({ ...config, LOG_LEVEL: "warn" }, url);
    try {
      return await work(app);
    } finally {
      await close();
    }
  });
