import { enableCompileCache } from "node:module";

// Compiled modules are kept from one start to the next: loading them takes half the time then.
enableCompileCache();
const [{ readConfig }, { giveUp, obeySignals }, { openPostgres }] = await Promise.all([
  import("./config.ts"),
  import("./lifecycle.ts"),
  import("./open-postgres.ts"),
]);

obeySignals();
try {
  const config = readConfig();
  // PostgreSQL starts while the rest is loaded.
  const [databaseUrl, { serve }] = await Promise.all([openPostgres(config), import("./serve.ts")]);
  await serve(config, databaseUrl);
} catch (error) {
  await giveUp(error);
}
