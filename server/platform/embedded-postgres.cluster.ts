import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { asOwner, type Binaries, isAlive, type Owner, run, worksIn } from "./embedded-postgres.process.ts";

/** The superuser and the one database in it. */
export const NAME = "taskwire";

/** Where and how one cluster lives. */
export interface Place {
  readonly dir: string;
  readonly cluster: string;
  readonly account: Owner;
  readonly binaries: Binaries;
  readonly durable: boolean;
}

/** Made under another name and renamed when complete: `cluster` either does not exist or is whole. */
export async function createCluster({ dir, cluster, account, binaries, durable }: Place): Promise<void> {
  for (const left of fs.readdirSync(dir).filter((name) => name.startsWith("cluster.new-"))) {
    fs.rmSync(join(dir, left), { recursive: true, force: true });
  }
  const half = fs.mkdtempSync(join(dir, "cluster.new-"));
  const password = join(dir, "password");
  fs.rmSync(password, { force: true });
  fs.writeFileSync(password, `${randomBytes(24).toString("base64url")}\n`, { mode: 0o600, flush: true });
  const { uid, gid } = account;
  if (uid !== undefined && gid !== undefined) for (const path of [half, password]) fs.chownSync(path, uid, gid);

  const args = ["-D", half, "-U", NAME, `--pwfile=${password}`, "-A", "scram-sha-256", "-E", "UTF8"];
  // Unicode letters are letters in lower() and in trigrams, and the order is the same on every machine.
  args.push("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions");
  if (!durable) args.push("--no-sync");
  const initdb = (locale: string) => {
    const [command, rest, ids] = asOwner(account, binaries.initdb, [...args, `--locale=${locale}`]);
    return run(command, rest, { ...ids, cwd: "/" }); // it leaves the directory empty when it fails
  };
  await initdb("C.UTF-8").catch(() => initdb("C")); // not every system has the former

  fs.renameSync(half, cluster);
  const handle = fs.openSync(dir, "r");
  fs.fsyncSync(handle); // so that no power cut takes the name back
  fs.closeSync(handle);
}

/** What PostgreSQL wrote about itself: its pid on the first line, its state on the eighth. */
export function postmaster(cluster: string): { pid: number; ready: boolean; lines: string[] } | undefined {
  try {
    const lines = fs.readFileSync(join(cluster, "postmaster.pid"), "utf8").split("\n");
    return { pid: Number.parseInt(lines[0] ?? "", 10), ready: lines[7]?.trim() === "ready", lines };
  } catch {
    return undefined;
  }
}

/**
 * Ends the server of an earlier run; whoever calls holds the directory's lock, so that server has lost its owner.
 *
 * @throws Error when it does not end within 35 seconds
 */
export async function stopOrphan(cluster: string, log: (message: string) => void): Promise<void> {
  const left = postmaster(cluster);
  if (!left || !isAlive(left.pid)) return; // PostgreSQL clears a stale file itself
  if (!worksIn(left.pid, cluster)) {
    // Another process got the number. PostgreSQL takes its parent's, ours, for stale; the file itself has to stay,
    // for it names the shared memory by which PostgreSQL notices surviving backends.
    fs.writeFileSync(join(cluster, "postmaster.pid"), [process.pid, ...left.lines.slice(1)].join("\n"));
    return;
  }
  log("Stopping the PostgreSQL that an earlier run left behind …");
  for (const [signal, waitMs] of [
    ["SIGINT", 20_000],
    ["SIGQUIT", 10_000],
    ["SIGKILL", 5_000],
  ] as const) {
    if (worksIn(left.pid, cluster)) process.kill(left.pid, signal);
    for (const until = Date.now() + waitMs; Date.now() < until; await delay(50))
      if (!worksIn(left.pid, cluster)) return;
  }
  throw new Error(`The PostgreSQL of an earlier run (process ${left.pid}) does not end`);
}
