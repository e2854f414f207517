import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { postmaster } from "./embedded-postgres.cluster.ts";
import { asOwner, findBinaries, isAlive, owner, worksIn } from "./embedded-postgres.process.ts";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "./embedded-postgres.ts";

let dataDir: string;
let cluster: string;

beforeEach(() => {
  dataDir = fs.mkdtempSync(join(tmpdir(), "embedded-postgres-"));
  cluster = join(dataDir, "cluster");
});
afterEach(() => fs.rmSync(dataDir, { recursive: true, force: true }));

async function start(options: { durable?: boolean } = { durable: false }): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir, ...options });
  onTestFinished(() => server.stop());
  return server;
}

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client(url);
  client.on("error", () => {});
  await client.connect();
  return client.query(sql).then(
    ({ rows }) => client.end().then(() => rows),
    (error) => client.end().then(() => Promise.reject(error)),
  );
}

/** Another process that owns the directory, in a process group of its own like one started from a terminal. */
async function startOwner(): Promise<{ child: ChildProcess; url: string; pid: number }> {
  const script = join(import.meta.dirname, "../testing/postgres-owner.ts");
  const child = spawn(process.execPath, [script, dataDir], { detached: true, stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [url] = await once(child.stdout!.setEncoding("utf8"), "data");
  return { child, url: url.trim(), pid: postmaster(cluster)!.pid };
}

test("keeps data, port and password from one start to the next, for this machine only", async () => {
  const first = await start({ durable: true });
  await query(first.url, "CREATE TABLE kept AS SELECT 1 AS n");
  const settings = await query(
    first.url,
    "SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'listen_addresses')",
  );
  expect(settings).toEqual(
    expect.arrayContaining([
      { name: "fsync", setting: "on" },
      { name: "listen_addresses", setting: "127.0.0.1" },
    ]),
  );
  expect(fs.statSync(join(dataDir, "password")).mode & 0o777).toBe(0o600);
  await first.stop();
  await first.stop();

  const second = await start({ durable: true });

  expect(second.url).toBe(first.url);
  expect(await query(second.url, "SELECT n FROM kept")).toEqual([{ n: 1 }]);
});

test("knows letters beyond ASCII, and finds them by trigrams", async () => {
  const { url } = await start();
  await query(url, "CREATE EXTENSION pg_trgm");
  const [row] = await query(url, "SELECT lower('ÄЖ') AS low, similarity('Журнал', 'журна') > 0.5 AS alike");
  expect(row).toEqual({ low: "äж", alike: true });
});

test("is refused to a second owner, who is told of the first", async () => {
  await start();
  await expect(start()).rejects.toThrow(`in use by another Taskwire (process ${process.pid})`);
});

test("makes a half-made cluster anew", async () => {
  const half = join(dataDir, "cluster.new-killed");
  fs.mkdirSync(join(half, "base"), { recursive: true });
  fs.writeFileSync(join(dataDir, "password"), "of the half-made one\n");

  const { url } = await start();

  expect(await query(url, "SELECT 1 AS n")).toEqual([{ n: 1 }]);
  expect(fs.existsSync(half)).toBe(false);
});

test("takes another port when a stranger holds its own", async () => {
  const first = await start();
  const port = Number(new URL(first.url).port);
  await first.stop();
  const stranger = createServer().listen(port, "127.0.0.1");
  onTestFinished(() => void stranger.close());
  await once(stranger, "listening");

  const second = await start();

  expect(new URL(second.url).port).not.toBe(`${port}`);
  expect(await query(second.url, "SELECT 1 AS n")).toEqual([{ n: 1 }]);
});

test("says the server's own words when it does not start", async () => {
  await (await start()).stop();
  fs.appendFileSync(join(cluster, "postgresql.conf"), "no_such_setting = 1\n");
  await expect(start()).rejects.toThrow(/no_such_setting/);
});

test("keeps what was committed when its owner is killed", async () => {
  const { child, url, pid } = await startOwner();
  await query(url, "CREATE TABLE kept AS SELECT 1 AS n");
  child.kill("SIGKILL");
  await once(child, "exit");

  const server = await start();

  expect(worksIn(pid, cluster)).toBe(false);
  expect(await query(server.url, "SELECT n FROM kept")).toEqual([{ n: 1 }]);
});

test("stops a server that was left running, and starts its own", async () => {
  await (await start()).stop();
  const binaries = await findBinaries();
  const account = await owner([dataDir]);
  const port = fs.readFileSync(join(dataDir, "port"), "utf8").trim();
  const parameters = ["-D", cluster, `--port=${port}`, "--unix_socket_directories="];
  const [command, args, ids] = asOwner(account, binaries.postgres, parameters);
  const orphan = spawn(command, args, { detached: true, stdio: "ignore", ...ids });
  await vi.waitFor(() => expect(postmaster(cluster)).toMatchObject({ pid: orphan.pid, ready: true }), 20_000);

  const server = await start();

  expect(isAlive(orphan.pid!)).toBe(false);
  expect(await query(server.url, "SELECT 1 AS n")).toEqual([{ n: 1 }]);
});

test("recovers from a killed server whose number another process got", async () => {
  const first = await start({ durable: true });
  await query(first.url, "CREATE TABLE kept AS SELECT 1 AS n");
  const file = join(cluster, "postmaster.pid");
  const { pid, lines } = postmaster(cluster)!;
  process.kill(pid, "SIGKILL");
  await first.stop();
  await vi.waitFor(() => expect(isAlive(pid)).toBe(false), 20_000);
  const [command, args, ids] = asOwner(await owner([dataDir]), "/bin/sleep", ["600"]); // of the same account, as a real successor may be
  const successor = spawn(command, args, { stdio: "ignore", cwd: "/", ...ids });
  onTestFinished(() => void successor.kill());
  fs.writeFileSync(file, [successor.pid, ...lines.slice(1)].join("\n"));

  const second = await start({ durable: true });

  expect(successor.exitCode ?? successor.signalCode).toBeNull();
  expect(await query(second.url, "SELECT n FROM kept")).toEqual([{ n: 1 }]);
});

test("starts a killed server again at the same address, with what was committed", async () => {
  const server = await start({ durable: true });
  await query(server.url, "CREATE TABLE kept AS SELECT 1 AS n");
  const { pid } = postmaster(cluster)!;

  process.kill(pid, "SIGKILL");

  await vi.waitFor(async () => expect(await query(server.url, "SELECT n FROM kept")).toEqual([{ n: 1 }]), 30_000);
  expect(postmaster(cluster)!.pid).not.toBe(pid);
  await server.stop();
  expect(postmaster(cluster)).toBeUndefined(); // the new one ended in order
});

test("gives up on a server that ends again and again", async () => {
  const lost: Error[] = [];
  const server = await startEmbeddedPostgres({ dataDir, durable: false, lost: (error) => lost.push(error) });
  onTestFinished(() => server.stop());

  await vi.waitFor(
    () => {
      const running = postmaster(cluster);
      if (running?.ready && isAlive(running.pid)) process.kill(running.pid, "SIGKILL");
      expect(lost).toHaveLength(1);
    },
    { timeout: 60_000, interval: 250 },
  );

  expect(lost[0]?.message).toContain("postgres.log");
}, 70_000);

test.each(["SIGINT", "SIGTERM"] as const)(
  "leaves nothing running after %s to the whole process group",
  async (signal) => {
    const { child, pid } = await startOwner();

    process.kill(-child.pid!, signal);
    const [code] = await once(child, "exit");

    expect(code).toBe(0);
    expect(isAlive(pid)).toBe(false);
    expect(postmaster(cluster)).toBeUndefined(); // ended in order
  },
);
