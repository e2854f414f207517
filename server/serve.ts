import { setImmediate as nextTurn, setTimeout } from "node:timers/promises";
import { migrate } from "../db/orm.ts";
import { seedDemo } from "../db/seed.ts";
import { startGateway } from "../realtime/gateway.ts";
import { appRouter } from "../routers/index.ts";
import type { Workers } from "../workers/engine/start-workers.ts";
import { expectWorkers, startWorkers } from "../workers/index.ts";
import { createHttpServer, lastAnswersOf } from "./api/http-server.ts";
import { version } from "./api/product.ts";
import { createApi } from "./api.ts";
import type { Config } from "./config.ts";
import { authenticateToken } from "./domain/auth/authenticate.ts";
import { isStopping, onStop, outliveStrayFailures, reasonOf } from "./lifecycle.ts";
import { openApp } from "./open-app.ts";
import { startTracing } from "./platform/tracing.ts";
import { welcome } from "./welcome.ts";

/** Within this time sockets come back, to another node or to the next start of this one. */
const leastDrainMs = 1_000;

/** Opens everything on a database that is up, and listens. */
export async function serve(config: Config, databaseUrl: string): Promise<void> {
  await migrate(databaseUrl).catch((cause) => {
    throw new Error(`the database at ${new URL(databaseUrl).host} cannot be used: ${reasonOf(cause)}`, { cause });
  });
  onStop(await startTracing(config, version));
  const { app, close } = await openApp(config, databaseUrl);
  onStop(close);
  outliveStrayFailures(app.log);
  const seeded = (config.SEED_DEMO ?? config.NODE_ENV !== "production") ? await seedDemo(app) : null;

  const drainMs = (config.DRAIN_SECONDS ?? (config.NODE_ENV === "production" ? 5 : 0)) * 1_000;
  const hasWorkers = config.ROLES.includes("workers");
  let workers: Workers | undefined;
  const rabbitmq = { check: async () => workers?.check(), required: false };
  const smtp = { check: async () => app.mailer?.check(), required: false };
  if (!app.mailer) app.log.warn("No mail goes out: SMTP_URL is not set");
  const api = createApi({
    app,
    dependencies: {
      ...(hasWorkers && config.AMQP_URL ? { rabbitmq } : {}),
      ...(hasWorkers && config.SMTP_URL ? { smtp } : {}),
    },
    router: appRouter,
    serveProcedures: config.ROLES.includes("api"),
    isDraining: isStopping,
  });
  const server = createHttpServer(api);
  onStop(() => closeServer(server));
  const sayClosing = lastAnswersOf(server);
  const gateway = await startGateway({
    app,
    httpServer: config.ROLES.includes("realtime") ? server : null,
    authenticate: (token) => authenticateToken(app, token),
  });
  onStop(() => {
    sayClosing();
    return Promise.all([gateway.drain(Math.max(leastDrainMs, drainMs)), setTimeout(drainMs), workers?.stop()]);
  });
  await expectWorkers(app);
  await new Promise<void>((listening, failed) => {
    server.once("error", failed).listen(config.PORT, config.HOST, listening);
  });
  if (hasWorkers) workers = await startWorkers(app);
  welcome(config, server.address(), seeded);
}

/** Lets requests in flight finish; connections that only wait are closed. */
async function closeServer(server: ReturnType<typeof createHttpServer>): Promise<void> {
  for (let turns = 0; turns < 2; turns += 1) await nextTurn(); // what has arrived meanwhile is no longer waiting
  return new Promise((closed) => {
    server.close(() => closed());
    server.closeIdleConnections();
    void setTimeout(5_000, null, { ref: false }).then(() => server.closeAllConnections());
  });
}
