import { readConfig } from "../config.ts";
import type { App } from "../context.ts";
import { openApp } from "../open-app.ts";
import { cloneDatabase } from "./services.ts";

/** An application on an empty database of its own, without its edges. */
export async function openTestApp(env: Record<string, string> = {}): Promise<{ app: App; close(): Promise<void> }> {
  const clone = await cloneDatabase();
  const config = readConfig({ NODE_ENV: "test", LOG_LEVEL: "silent", DATABASE_URL: clone.url, ...env });
  const { app, close } = await openApp(config, clone.url);
  return {
    app,
    async close() {
      await close();
      await clone.drop();
    },
  };
}
