// A process that owns an embedded PostgreSQL, for the tests that kill it: postgres-owner.ts DATA_DIR
import { startEmbeddedPostgres } from "../platform/embedded-postgres.ts";

const server = await startEmbeddedPostgres({ dataDir: process.argv[2]! });
setInterval(() => {}, 60_000);
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => server.stop().then(() => process.exit(0)));
console.log(server.url);
