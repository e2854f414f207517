import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{server,routers,realtime,workers,db,client,scripts,cli}/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/dist/**"],
    globalSetup: "server/testing/global-setup.ts",
    pool: "threads", // starts faster than processes do
    isolate: false, // files of a worker share modules: loading them took as long as the tests
    maxWorkers: Math.max(2, availableParallelism()), // tests wait for databases much of their time
    testTimeout: 120_000, // machines may be busy, and only what fails waits so long
    hookTimeout: 120_000,
    expect: { poll: { timeout: 30_000 } },
    restoreMocks: true,
    unstubEnvs: true,
  },
});
