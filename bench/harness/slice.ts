import { childrenCpuMs, cpuMs } from "./machine.ts";
import type { Side, Stack } from "./stack.ts";

/** What happened in about a second of load on one side. */
export interface Slice {
  readonly operations: number;
  readonly seconds: number;
  /** Milliseconds, one per operation. */
  readonly latencies: readonly number[];
  readonly serverCpuMs: number;
  readonly databaseCpuMs: number;
  /** How much of its core the load itself took, 0 to 1. */
  readonly driverShare: number;
}

/** Runs load and reads the clocks before and after. */
export async function measure(
  stack: Stack,
  side: Side,
  load: () => Promise<{ latencies: number[]; seconds?: number }>,
): Promise<Slice> {
  const serverBefore = cpuMs(side.server.pid);
  const databaseBefore = childrenCpuMs(stack.databasePid);
  const driverBefore = process.cpuUsage();
  const startedAt = performance.now();
  const { latencies, seconds } = await load();
  const elapsedMs = performance.now() - startedAt;
  const driver = process.cpuUsage(driverBefore);
  return {
    operations: latencies.length,
    seconds: seconds ?? elapsedMs / 1_000,
    latencies,
    serverCpuMs: cpuMs(side.server.pid) - serverBefore,
    databaseCpuMs: childrenCpuMs(stack.databasePid) - databaseBefore,
    driverShare: (driver.user + driver.system) / 1_000 / elapsedMs,
  };
}
