import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ServerProcess } from "../server/testing/server-process.ts";

export interface DemoServer {
  readonly port: number;
  readonly dataDir: string;
  stop(): Promise<void>;
}

/** Starts a server with the demo organization on data of its own, which go with it. */
export async function startServer(): Promise<DemoServer> {
  const dataDir = await mkdtemp(join(tmpdir(), "taskwire-demo-"));
  const removeData = () => rm(dataDir, { recursive: true, force: true });
  try {
    const server = await ServerProcess.start({
      NODE_ENV: "development",
      DATA_DIR: dataDir,
      LOG_LEVEL: "warn",
      NOTIFICATION_GATHER_SECONDS: "1", // mail leaves when a burst is over: here soon
    });
    return { port: server.port, dataDir, stop: () => server.stop().then(removeData) };
  } catch (error) {
    await removeData();
    throw error;
  }
}
