import { createServer } from "node:http";
import { join } from "node:path";
import { migrate } from "../db/orm.ts";
import { seedDemo } from "../db/seed.ts";
import { startGateway } from "../realtime/gateway.ts";
import { appRouter } from "../routers/index.ts";
import type { Workers } from "../workers/engine/start-workers.ts";
import { startWorkers } from "../workers/index.ts";
import { createApi } from "./api.ts";
import { type Config, readConfig } from "./config.ts";
import { authenticateToken } from "./domain/auth/authenticate.ts";
import { openApp } from "./open-app.ts";
import { startEmbeddedPostgres } from "./platform/embedded-postgres.ts";
import { say, welcome } from "./welcome.ts";

/** Within this time clients come back, to another node or to the next start of this one. */
const drainMs = 1_000;

/** What was opened, to be closed in the opposite order. */
const closers: (() => unknown)[] = [];
let stopping: Promise<void> | undefined;

async function start(config: Config): Promise<void> {
  const databaseUrl = config.DATABASE_URL ?? (await startEmbedded(config));
  await migrate(databaseUrl);
  const { app, close } = await openApp(config, databaseUrl);
  closers.push(close);
  const seeded = (config.SEED_DEMO ?? config.NODE_ENV !== "production") ? await seedDemo(app) : null;

  const hasWorkers = config.ROLES.includes("workers");
  let workers: Workers | undefined;
  const rabbitmq = { check: async () => workers?.check(), required: false };
  const api = createApi({
    app,
    dependencies: {
      files: { check: () => app.store.check(), required: false },
      ...(hasWorkers && config.AMQP_URL ? { rabbitmq } : {}),
    },
    router: appRouter,
    serveProcedures: config.ROLES.includes("api"),
    isDraining: () => stopping !== undefined,
  });
  const server = createServer(api);
  closers.push(() => closeServer(server));
  const gateway = await startGateway({
    app,
    httpServer: config.ROLES.includes("realtime") ? server : null,
    authenticate: (token) => authenticateToken(app, token),
  });
  closers.push(() => gateway.drain(drainMs));
  if (hasWorkers) {
    workers = await startWorkers(app);
    closers.push(() => workers?.stop());
  }

  await new Promise<void>((listening, failed) => {
    server.once("error", failed).listen(config.PORT, config.HOST, listening);
  });
  welcome(config, server.address(), seeded);
}

async function startEmbedded(config: Config): Promise<string> {
  const postgres = await startEmbeddedPostgres({ dataDir: join(config.DATA_DIR, "postgres"), log: say });
  closers.push(() => postgres.stop());
  return postgres.url;
}

/** Lets requests in flight finish; connections that only wait are closed. */
function closeServer(server: ReturnType<typeof createServer>): Promise<void> {
  return new Promise((closed) => {
    server.close(() => closed());
    server.closeIdleConnections();
    setTimeout(() => server.closeAllConnections(), 5_000).unref();
  });
}

/** Closes everything, the last opened first; once. */
function stop(): Promise<void> {
  stopping ??= (async () => {
    for (const close of closers.reverse()) await close();
  })();
  return stopping;
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    if (stopping) return; // Ctrl-C twice, or npm passing on what the terminal sent already
    void stop().then(
      () => process.exit(0),
      (error) => {
        console.error(error);
        process.exit(1);
      },
    );
  });
}

try {
  await start(readConfig());
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException;
  const text = code === "EADDRINUSE" ? "The port is taken: stop what listens there, or set another PORT." : message;
  console.error(`\nTaskwire does not start: ${text}`);
  if (process.env["DEBUG"]) console.error(error);
  await stop().catch(() => {});
  process.exit(1);
}
