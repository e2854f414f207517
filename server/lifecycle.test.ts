import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const program = `
  import { outliveStrayFailures } from "${new URL("./lifecycle.ts", import.meta.url)}";
  outliveStrayFailures({ error: ({ err }, message) => console.log(message + ": " + err.message) });
  void Promise.reject(new Error("stray"));
  setImmediate(() => console.log("still here"));`;

test("a failure that nobody waits for is told, and does not end the process", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", program]);
  expect(stdout).toBe("A failure that nobody waited for: stray\nstill here\n");
});
