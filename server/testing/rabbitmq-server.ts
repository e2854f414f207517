import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { connect } from "amqplib";

/** Where packages put the server's own script, which needs no particular user. */
const scripts = [
  process.env["TEST_RABBITMQ_SERVER"],
  "/usr/lib/rabbitmq/bin/rabbitmq-server",
  "/opt/rabbitmq/sbin/rabbitmq-server",
  "/opt/homebrew/sbin/rabbitmq-server",
];
const script = scripts.find((path) => path && existsSync(path));

/** Whether a RabbitMQ of one's own can be started here. */
export const canStartRabbitMq = script !== undefined;

/** A RabbitMQ of one's own, which can be killed and started again with what it had on disk. */
export class RabbitMqServer {
  readonly url: string;
  readonly #dir: string;
  readonly #env: Record<string, string>;

  private constructor(dir: string, port: number, distributionPort: number) {
    this.url = `amqp://guest:guest@127.0.0.1:${port}`;
    this.#dir = dir;
    this.#env = {
      HOME: dir,
      PATH: process.env["PATH"] ?? "",
      RABBITMQ_NODENAME: `taskwire-${port}@localhost`,
      RABBITMQ_NODE_IP_ADDRESS: "127.0.0.1",
      RABBITMQ_NODE_PORT: String(port),
      RABBITMQ_DIST_PORT: String(distributionPort),
      RABBITMQ_MNESIA_BASE: join(dir, "data"),
      RABBITMQ_LOG_BASE: join(dir, "log"),
      RABBITMQ_CONFIG_FILE: join(dir, "rabbitmq"),
      RABBITMQ_ENABLED_PLUGINS_FILE: join(dir, "plugins"),
      RABBITMQ_PID_FILE: join(dir, "pid"),
    };
  }

  static async start(): Promise<RabbitMqServer> {
    const dir = await mkdtemp(join(tmpdir(), "taskwire-rabbitmq-"));
    await writeFile(join(dir, "plugins"), "[].");
    await writeFile(join(dir, "rabbitmq.conf"), "loopback_users.guest = true\n");
    const server = new RabbitMqServer(dir, await freePort(), await freePort());
    process.once("exit", server.#killAtExit); // it would outlive whoever is interrupted
    await server.start();
    return server;
  }

  /** @throws Error when it does not answer within a minute */
  async start(): Promise<void> {
    await rm(join(this.#dir, "pid"), { force: true });
    spawn(script as string, { env: this.#env, stdio: "ignore" }).unref();
    const deadline = Date.now() + 60_000;
    while (!(await this.#answers())) {
      if (Date.now() > deadline) throw new Error("RabbitMQ does not start");
      await delay(100);
    }
  }

  /** As a power cut would. */
  async kill(): Promise<void> {
    const pid = Number(await readFile(join(this.#dir, "pid"), "utf8"));
    process.kill(pid, "SIGKILL");
    while (isAlive(pid)) await delay(10);
  }

  readonly #killAtExit = () => {
    try {
      process.kill(Number(readFileSync(join(this.#dir, "pid"), "utf8")), "SIGKILL");
    } catch {
      // it is gone
    }
  };

  async remove(): Promise<void> {
    process.off("exit", this.#killAtExit);
    await this.kill().catch(() => {});
    await rm(this.#dir, { recursive: true, force: true });
  }

  #answers(): Promise<boolean> {
    return connect(this.url, { timeout: 2_000 }).then(
      async (connection) => {
        await connection.close();
        return true;
      },
      () => false,
    );
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const freePort = (): Promise<number> =>
  new Promise((found, fail) => {
    const probe = createServer().once("error", fail);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() =>
        typeof address === "object" && address ? found(address.port) : fail(new Error("no free port")),
      );
    });
  });
