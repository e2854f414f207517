import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

const hasTaskset = spawnSync("taskset", ["-V"]).status === 0;

/** Servers have a core to themselves; load and database share the other. */
export const canPin = hasTaskset && availableParallelism() >= 2;
export const serverCore = 0;
export const loadCore = 1;

/** Puts this process on a core, and with it all that it starts from now on. */
export function pinSelf(core: number): void {
  if (canPin) execFileSync("taskset", ["-a", "-c", "-p", `${core}`, `${process.pid}`], { stdio: "ignore" });
}

/** A command that runs on one core. */
export const pinned = (core: number, file: string, args: readonly string[]): [string, string[]] =>
  canPin ? ["taskset", ["-c", `${core}`, file, ...args]] : [file, [...args]];

const read = (path: string): string | null => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null; // it ended meanwhile, or the system has no /proc
  }
};

/** CPU time that a process has used so far, in milliseconds; NaN where the system does not tell. */
export function cpuMs(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => {
      const [nanoseconds] = (read(`/proc/${pid}/task/${thread}/schedstat`) ?? "0").split(" ");
      return sum + Number(nanoseconds) / 1e6;
    }, 0);
  } catch {
    return Number.NaN;
  }
}

/** The kernel's unit of the times below: 100 a second on every Linux. */
const tickMs = 10;

/** The same for the children of a process, those that have ended included: PostgreSQL's backends and helpers. */
export function childrenCpuMs(pid: number): number {
  const children = read(`/proc/${pid}/task/${pid}/children`);
  const stat = read(`/proc/${pid}/stat`);
  if (children === null || stat === null) return Number.NaN;
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const endedMs = (Number(fields[13]) + Number(fields[14])) * tickMs;
  const living = children.split(" ").filter(Boolean).map(Number);
  return living.reduce((sum, child) => sum + (cpuMs(child) || 0), endedMs);
}

/** Resident memory in MiB; NaN where the system does not tell. */
export function residentMib(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`) ?? "")?.[1];
  return kib ? Number(kib) / 1024 : Number.NaN;
}
