import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { openSync } from "node:fs";
import { createServer } from "node:net";
import { setTimeout } from "node:timers/promises";
import { pinned, serverCore } from "./machine.ts";
import type { SideName } from "./sides.ts";

export interface ServerProcess {
  readonly pid: number;
  readonly origin: string;
  /** From its start to its first answer. */
  readonly startedInMs: number;
  stop(): Promise<void>;
}

/** What a server has to be told. */
export interface ServerSettings {
  readonly databaseUrl: string;
  readonly port: number;
  readonly dataDir: string;
  readonly logFile: string;
  readonly secrets: Record<string, string>;
  readonly nodeFlags?: readonly string[];
  /** Further settings, which win. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts ours as users do, or a twin, on the servers' core, and waits for its first answer. */
export async function startServer(name: SideName, settings: ServerSettings): Promise<ServerProcess> {
  const env: Record<string, string> = {
    ...settings.secrets,
    NODE_ENV: "production",
    DATABASE_URL: settings.databaseUrl,
    PORT: `${settings.port}`,
    HOST: "127.0.0.1",
    PATH: process.env["PATH"] ?? "",
    ...(name === "ours"
      ? {
          DATA_DIR: settings.dataDir,
          ROLES: "api,realtime",
          RATE_LIMIT_PER_MINUTE: "1000000000",
          AUTH_LIMIT_PER_MINUTE: "1000000",
          ACCESS_TOKEN_SECONDS: "3600",
        }
      : { KIND: name }),
    ...settings.env,
  };
  const entry = name === "ours" ? "server/main.ts" : "bench/twin/main.ts";
  const [file, args] = pinned(serverCore, process.execPath, [...(settings.nodeFlags ?? []), entry]);
  const log = openSync(settings.logFile, "a");
  const startedAt = performance.now();
  const child = spawn(file, args, { env, stdio: ["ignore", log, log] });
  const origin = `http://127.0.0.1:${settings.port}`;
  await firstAnswer(`${origin}/health`, child, 60_000);
  return {
    pid: child.pid!, // taskset becomes the server: it does not fork
    origin,
    startedInMs: performance.now() - startedAt,
    stop: () => stopChild(child),
  };
}

/** @throws Error when the process ends or the time is over before anything answers 200 */
export async function firstAnswer(url: string, child: ChildProcess, timeoutMs: number): Promise<void> {
  const until = performance.now() + timeoutMs;
  while (performance.now() < until) {
    if (child.exitCode !== null) throw new Error(`The server ended with ${child.exitCode}; its log says why`);
    const answer = await fetch(url).catch(() => null);
    await answer?.arrayBuffer();
    if (answer?.ok) return;
    await setTimeout(10);
  }
  throw new Error(`${url} does not answer`);
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  const late = globalThis.setTimeout(() => child.kill("SIGKILL"), 15_000);
  await ended;
  clearTimeout(late);
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, "close");
  return port;
}
