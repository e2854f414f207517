import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, openSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { canPin, residentMib } from "../harness/machine.ts";
import type { Options } from "../harness/options.ts";
import { firstAnswer, freePort } from "../harness/server-process.ts";
import type { SideName } from "../harness/sides.ts";
import { connect } from "../harness/sockets.ts";
import type { Side, Stack } from "../harness/stack.ts";
import { median } from "../harness/statistics.ts";
import { publishChanges } from "./publish.ts";

/** What a side takes to start, and to hold. */
export interface SideCosts {
  startMs: number;
  idleMib: number;
  socketsMib: number;
}

export interface StartResult {
  /** `npm start` with nothing but an installed clone: makes its database, seeds it, and answers. */
  firstNpmStartMs: number;
  /** The same with the database that is there. */
  nextNpmStartMs: number;
  sockets: number;
  sides: Record<SideName, SideCosts>;
  missed: string[];
}

const npmStartTargetMs = 3_000;

/** Starts and memory; each side is started anew for every measurement. */
export async function measureStarts(stack: Stack, options: Options): Promise<StartResult> {
  const repeats = options.quick ? 1 : 5;
  const sockets = options.quick ? 100 : 1_000;
  const measured = new Map<SideName, SideCosts[]>();
  for (let round = 0; round < repeats; round += 1) {
    for (const side of stack.sides) {
      const costs = measured.get(side.name) ?? [];
      measured.set(side.name, costs);
      costs.push(await measureSide(side, sockets));
    }
  }
  const npmStarts = [];
  for (let round = 0; round < Math.min(repeats, 3); round += 1) npmStarts.push(await measureNpmStarts(stack.dir));
  const firstNpmStartMs = median(npmStarts.map((start) => start.first));
  const cost = (name: SideName): SideCosts => {
    const all = measured.get(name) ?? [];
    return {
      startMs: median(all.map((one) => one.startMs)),
      idleMib: median(all.map((one) => one.idleMib)),
      socketsMib: median(all.map((one) => one.socketsMib)),
    };
  };
  return {
    firstNpmStartMs,
    nextNpmStartMs: median(npmStarts.map((start) => start.next)),
    sockets,
    sides: { ours: cost("ours"), naive: cost("naive"), best: cost("best") },
    missed:
      firstNpmStartMs < npmStartTargetMs
        ? []
        : [`npm start took ${(firstNpmStartMs / 1_000).toFixed(1)} s, aimed at < ${npmStartTargetMs / 1_000} s`],
  };
}

/** Resident memory some seconds after the start, and with sockets that have got a few changes. */
async function measureSide(side: Side, count: number): Promise<SideCosts> {
  await side.restart();
  const [project] = await side.seed({ projects: 1, lists: [25] });
  await publishChanges(side, project!, 5);
  await setTimeout(2_000);
  const idleMib = residentMib(side.server.pid);
  const sockets = await Promise.all(
    side.people.slice(0, count).map(async ({ token }) => {
      const socket = await connect(side.server.origin, token);
      await socket.join({ channel: project!.channel, since: 0 });
      return socket;
    }),
  );
  await publishChanges(side, project!, 5);
  await setTimeout(2_000);
  const socketsMib = residentMib(side.server.pid);
  for (const socket of sockets) socket.close();
  return { startMs: side.server.startedInMs, idleMib, socketsMib };
}

async function measureNpmStarts(dir: string): Promise<{ first: number; next: number }> {
  const dataDir = mkdtempSync(join(dir, "npm-start-"));
  const first = await timeNpmStart(dataDir);
  const next = await timeNpmStart(dataDir);
  rmSync(dataDir, { recursive: true, force: true });
  return { first, next };
}

/** As somebody does who has just cloned and installed: on all cores, with no configuration. */
async function timeNpmStart(dataDir: string): Promise<number> {
  const port = await freePort();
  const log = openSync(`${dataDir}.log`, "a");
  const command = canPin ? ["taskset", "-c", "0,1", "npm", "start"] : ["npm", "start"];
  const startedAt = performance.now();
  const child = spawn(command[0]!, command.slice(1), {
    env: { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "", PORT: `${port}`, DATA_DIR: dataDir },
    stdio: ["ignore", log, log],
    detached: true, // a process group, to be ended as one
  });
  try {
    await firstAnswer(`http://127.0.0.1:${port}/health`, child, 60_000);
    return performance.now() - startedAt;
  } finally {
    if (child.exitCode === null) {
      const ended = once(child, "exit");
      process.kill(-child.pid!, "SIGTERM");
      await ended;
    }
  }
}
