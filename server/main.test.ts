import { expect, test } from "vitest";
import { ServerProcess } from "./testing/server-process.ts";

test.for([
  [{ NODE_ENV: "production" }, ["DATABASE_URL: required", "JWT_PRIVATE_KEY: required", "PUBLIC_URL: required"]],
  [{ LOG_LEVEL: "loud", SEED_DEMO: "yes" }, ["LOG_LEVEL: ", "SEED_DEMO: "]],
  [{ DATABASE_URL: "postgres://somebody@127.0.0.1:1/none" }, ["the database at 127.0.0.1:1 cannot be used"]],
] as [Record<string, string>, string[]][])("with %o it does not start, and says why", async ([env, reasons]) => {
  const said = await ServerProcess.start(env).then(
    (server) => server.stop().then(() => "it started"),
    (error) => error.message as string,
  );

  for (const reason of reasons) expect(said).toContain(reason);
  expect(said).not.toMatch(/^ +at /m);
});
