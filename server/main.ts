import { join } from "node:path";
import { migrate } from "../db/orm.ts";
import { seedDemo } from "../db/seed.ts";
import { startGateway } from "../realtime/gateway.ts";
import { appRouter } from "../routers/index.ts";
import type { Workers } from "../workers/engine/start-workers.ts";
import { startWorkers } from "../workers/index.ts";
import { createHttpServer } from "./api/http-server.ts";
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
  await migrate(databaseUrl).catch((cause) => {
    throw new Error(`the database at ${new URL(databaseUrl).host} cannot be used: ${reasonOf(cause)}`, { cause });
  });
  const { app, close } = await openApp(config, databaseUrl);
  closers.push(close);
  const seeded = (config.SEED_DEMO ?? config.NODE_ENV !== "production") ? await seedDemo(app) : null;

  const hasWorkers = config.ROLES.includes("workers");
  let workers: Workers | undefined;
  const rabbitmq = { check: async () => workers?.check(), required: false };
  const api = createApi({
    app,
    dependencies: hasWorkers && config.AMQP_URL ? { rabbitmq } : {},
    router: appRouter,
    serveProcedures: config.ROLES.includes("api"),
    isDraining: () => stopping !== undefined,
  });
  const server = createHttpServer(api);
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
  const postgres = await startEmbeddedPostgres({
    dataDir: join(config.DATA_DIR, "postgres"),
    log: say,
    lost: (error) => {
      console.error(`\nTaskwire ends: ${error.message}`);
      process.exitCode = 1; // a supervisor starts it again
      process.kill(process.pid, "SIGTERM");
    },
  });
  closers.push(() => postgres.stop());
  return postgres.url;
}

/** Also where a host has several addresses and none answers: that error has no message of its own. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join("; ");
  return error instanceof Error ? error.message : String(error);
}

/** Lets requests in flight finish; connections that only wait are closed. */
function closeServer(server: ReturnType<typeof createHttpServer>): Promise<void> {
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
      () => process.exit(),
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
  const { code } = error as NodeJS.ErrnoException;
  const taken = "The port is taken: stop what listens there, or set another PORT.";
  const text = code === "EADDRINUSE" ? taken : reasonOf(error);
  console.error(`\nTaskwire does not start: ${text}`);
  if (process.env["DEBUG"]) console.error(error);
  await stop().catch(() => {});
  process.exit(1);
}
