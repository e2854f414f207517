import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import getPort from "get-port";

const main = fileURLToPath(new URL("../main.ts", import.meta.url));

/** The product as a process of its own, which can be killed and started again on its port. */
export class ServerProcess {
  readonly port: number;
  readonly #env: Record<string, string>;
  #child: ChildProcess | null = null;
  #exitCode: number | null = null;
  #said = "";

  private constructor(port: number, env: Record<string, string>) {
    this.port = port;
    this.#env = env;
  }

  static async start(env: Record<string, string>): Promise<ServerProcess> {
    const server = new ServerProcess(await getPort({ host: "127.0.0.1" }), env);
    await server.start();
    return server;
  }

  get isUp(): boolean {
    return this.#child !== null;
  }

  /** Of the process that ended last; null when a signal ended it. */
  get exitCode(): number | null {
    return this.#exitCode;
  }

  /** Of the running process; 0 when there is none. */
  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** @throws Error with the server's own words when it does not become ready within a minute */
  async start(): Promise<void> {
    const child = spawn(process.execPath, [main], {
      env: { PATH: process.env["PATH"], ...this.#env, HOST: "127.0.0.1", PORT: String(this.port) },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on("data", (chunk) => {
        this.#said = (this.#said + chunk).slice(-8_000);
      });
    }
    const deadline = Date.now() + 60_000;
    while (!(await this.#answers())) {
      if (child.exitCode !== null || Date.now() > deadline)
        throw new Error(`The server does not start:\n${this.#said}`);
      await delay(50);
    }
    this.#child = child;
  }

  /** As a power cut would: it gets no time for anything. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  async stop(): Promise<void> {
    await this.#end("SIGTERM");
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill(signal);
    [this.#exitCode] = await exited;
  }

  #answers(): Promise<boolean> {
    return fetch(`http://127.0.0.1:${this.port}/health/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  }
}
