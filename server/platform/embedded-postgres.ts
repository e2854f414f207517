import { type ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs";
import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";
import getPort from "get-port";
import { Client } from "pg";
import { createCluster, NAME, type Place, postmaster, stopOrphan } from "./embedded-postgres.cluster.ts";
import { asOwner, findBinaries, owner } from "./embedded-postgres.process.ts";

export interface EmbeddedPostgres {
  /** A superuser's connection to the database `taskwire`; the same at every start, unless its port was taken meanwhile. */
  readonly url: string;
  /** Ends the server in order and frees the data directory; may be called twice. */
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  readonly dataDir: string;
  /** Fixed; otherwise a free one is chosen and remembered in the data directory. */
  readonly port?: number;
  /** false: nothing survives a power cut, everything is faster; for tests. */
  readonly durable?: boolean;
  readonly log?: (message: string) => void;
  /** It ended by itself and could not be started again: nothing works any more. */
  readonly lost?: (error: Error) => void;
}

/** A server that ends by itself again and again within this time each is not started any more. */
const steadyMs = 10_000;
const maxQuickEnds = 3;

/**
 * Starts a PostgreSQL of our own on 127.0.0.1, created at the first start, and recovers what a killed process left:
 * a half-made data directory is made anew, an orphaned server is stopped first. When it ends by itself (killed, out of
 * memory), it is started again at the same address.
 * Ctrl-C does not reach it, so that its owner can finish its work and then call `stop`; it does not outlive this process.
 *
 * @throws Error when another process owns the directory (`code` is `in-use`), or with the server's own last words when it does not start
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { durable = true, log = () => {}, lost = () => {} } = options;
  const dir = resolve(options.dataDir);
  fs.mkdirSync(dir, { recursive: true });
  const release = lockDirectory(dir);
  try {
    const binaries = await findBinaries();
    const account = await owner([dir, binaries.postgres]);
    const place: Place = { dir, cluster: join(dir, "cluster"), account, binaries, durable };
    if (!fs.existsSync(place.cluster)) {
      log("Creating the embedded PostgreSQL database …");
      await createCluster(place);
    }
    await stopOrphan(place.cluster, log);
    let running = await launch(place, options.port);
    const { port } = running;
    const interrupt = () => running.child.kill("SIGINT"); // PostgreSQL's "fast": rolls back, writes a checkpoint, ends
    process.once("exit", interrupt);

    let stopping: Promise<void> | undefined;
    let restarting: Promise<void> = Promise.resolve();
    const stop = () => {
      stopping ??= restarting
        .then(() => end(running.child))
        .finally(() => {
          process.off("exit", interrupt);
          release();
        });
      return stopping;
    };
    let quickEnds = 0;
    const keepUp = () => {
      const since = Date.now();
      running.child.once("exit", (code, signal) => {
        if (stopping) return;
        quickEnds = Date.now() - since < steadyMs ? quickEnds + 1 : 0;
        const ended = `The embedded PostgreSQL ended by itself (${code ?? signal}; ${join(dir, "postgres.log")} says why)`;
        if (quickEnds > maxQuickEnds) return lost(new Error(`${ended} again and again`));
        log(`${ended}; starting it again …`);
        restarting = launch(place, port).then((next) => {
          running = next;
          keepUp();
          log("The embedded PostgreSQL is back");
        }, lost);
      });
    };
    keepUp();
    const password = fs.readFileSync(join(dir, "password"), "utf8").trim();
    const url = (database: string) => `postgres://${NAME}:${password}@127.0.0.1:${port}/${database}`;
    await ensureDatabase(url("postgres")).catch((error) => stop().then(() => Promise.reject(error)));
    return { url: url(NAME), stop };
  } catch (error) {
    release();
    throw error;
  }
}

/** Where the server that runs on a data directory answers, for another process on this machine. */
export function runningPostgresUrl(dataDir: string): string {
  const read = (name: string) => fs.readFileSync(join(resolve(dataDir), name), "utf8").trim();
  return `postgres://${NAME}:${read("password")}@127.0.0.1:${read("port")}/${NAME}`;
}

/** SQLite's file lock: the kernel frees it however its holder dies, so there is no stale lock to judge. */
function lockDirectory(dir: string): () => void {
  const lock = new DatabaseSync(join(dir, "lock"), { timeout: 200 });
  const holder = join(dir, "lock.pid");
  try {
    lock.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
  } catch (error) {
    lock.close();
    if ((error as { errcode?: number }).errcode !== 5) throw error; // SQLITE_BUSY
    const pid = fs.existsSync(holder) ? fs.readFileSync(holder, "utf8").trim() : "unknown";
    const message = `The data in ${dir} is in use by another Taskwire (process ${pid}): stop it, or set another DATA_DIR`;
    throw Object.assign(new Error(message), { code: "in-use" });
  }
  fs.writeFileSync(holder, `${process.pid}\n`);
  return () => lock.isOpen && lock.close();
}

/** Starts it and waits until it accepts connections; a taken port is replaced, a killed server's backends are waited for. */
async function launch(place: Place, wantedPort?: number): Promise<{ child: ChildProcess; port: number }> {
  const logFile = join(place.dir, "postgres.log");
  const remembered = join(place.dir, "port");
  if (fs.existsSync(logFile) && fs.statSync(logFile).size > 8 * 1024 * 1024) fs.truncateSync(logFile);
  let port =
    wantedPort ??
    (fs.existsSync(remembered) ? Number(fs.readFileSync(remembered, "utf8")) : await getPort({ host: "127.0.0.1" }));
  const until = Date.now() + 120_000; // a crash recovery replays the log first
  while (true) {
    const handle = fs.openSync(logFile, "a", 0o600);
    const said = fs.fstatSync(handle).size;
    const parameters = ["-D", place.cluster, ...flags(port, place.durable)];
    const [command, args, ids] = asOwner(place.account, place.binaries.postgres, parameters);
    const child = spawn(command, args, { detached: true, stdio: ["ignore", handle, handle], ...ids });
    fs.closeSync(handle);
    let failure: string | undefined;
    child.once("error", (error) => {
      failure = error.message;
    });
    while (failure === undefined && !hasEnded(child) && Date.now() < until) {
      const state = postmaster(place.cluster);
      if (state?.ready && state.pid === child.pid) {
        fs.writeFileSync(remembered, `${port}\n`);
        child.unref(); // not a reason to keep this process
        return { child, port };
      }
      await delay(25);
    }
    if (failure === undefined) await end(child);
    const words = failure ?? fs.readFileSync(logFile).subarray(said).toString();
    const portTaken = wantedPort === undefined && /could not create any TCP\/IP sockets/.test(words);
    const backendsLeft = /pre-existing shared memory block/.test(words);
    if (Date.now() >= until || !(portTaken || backendsLeft)) throw new Error(`PostgreSQL does not start:\n${words}`);
    if (portTaken) port = await getPort({ host: "127.0.0.1" });
    else await delay(250);
  }
}

function flags(port: number, durable: boolean): string[] {
  const settings = {
    listen_addresses: "127.0.0.1",
    port,
    unix_socket_directories: "", // the directory's path may be too long for one
    max_connections: 200,
    shared_buffers: "128MB",
    timezone: "UTC",
    log_timezone: "UTC",
    random_page_cost: 1.1, // solid-state disks
    jit: "off", // takes longer than our queries do
  };
  const careless = { fsync: "off", synchronous_commit: "off", full_page_writes: "off", checkpoint_timeout: "1h" };
  return Object.entries(durable ? settings : { ...settings, ...careless }).map(([name, value]) => `--${name}=${value}`);
}

async function ensureDatabase(adminUrl: string): Promise<void> {
  const client = new Client(adminUrl);
  await client.connect();
  try {
    const { rowCount } = await client.query("SELECT FROM pg_database WHERE datname = $1", [NAME]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${NAME}`);
  } finally {
    await client.end();
  }
}

const hasEnded = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null;

/** In order first, harder when that takes too long; nothing committed is lost either way. */
async function end(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  child.ref();
  const gone = new Promise((done) => child.once("exit", done));
  child.kill("SIGINT");
  const harder = [setTimeout(() => child.kill("SIGQUIT"), 20_000), setTimeout(() => child.kill("SIGKILL"), 30_000)];
  await gone;
  for (const timer of harder) clearTimeout(timer);
}
