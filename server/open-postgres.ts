import { join } from "node:path";
import type { Config } from "./config.ts";
import { onStop } from "./lifecycle.ts";
import { startEmbeddedPostgres } from "./platform/embedded-postgres.ts";
import { say } from "./say.ts";

/** The url of the configured database, or of the embedded one, which it starts. */
export async function openPostgres(config: Config): Promise<string> {
  if (config.DATABASE_URL) return config.DATABASE_URL;
  const postgres = await startEmbeddedPostgres({
    dataDir: join(config.DATA_DIR, "postgres"),
    log: say,
    lost: (error) => {
      console.error(`\nTaskwire ends: ${error.message}`);
      process.exitCode = 1; // a supervisor starts it again
      process.kill(process.pid, "SIGTERM");
    },
  });
  onStop(() => postgres.stop());
  return postgres.url;
}
