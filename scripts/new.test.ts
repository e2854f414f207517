import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, symlinkSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, onTestFinished, test } from "vitest";

test("a new domain has its types, its style and its tests in order at once", () => {
  const copy = mkdtempSync(join(tmpdir(), "taskwire-new-"));
  onTestFinished(() => rm(copy, { recursive: true, force: true }));
  const tracked = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { encoding: "utf8" });
  const files = tracked.split("\n").filter((file) => file && !/^(bench|demo|\.ci)\//.test(file));
  for (const file of files) cpSync(file, join(copy, file));
  for (const place of ["node_modules", "client/node_modules"]) symlinkSync(resolve(place), join(copy, place));
  const run = (command: string, ...args: string[]) => {
    const env = {
      PATH: `${resolve("node_modules/.bin")}:${process.env["PATH"]}`,
      NODE_ENV: "test",
      HOME: process.env["HOME"],
    };
    return execFileSync(command, args, { cwd: copy, env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  };

  expect(run("node", "scripts/new.ts", "sales-entry")).toContain("server/domain/sales-entries/create-sales-entry.ts");
  const failing = (command: string, ...args: string[]) => {
    try {
      run(command, ...args);
      return "";
    } catch (error) {
      const { stdout, stderr } = error as { stdout: string; stderr: string };
      return `${stdout}${stderr}`;
    }
  };
  expect(failing("tsc", "--noEmit", "--project", "tsconfig.json")).toBe("");
  expect(
    failing("biome", "check", "--vcs-enabled=false", "server/domain/sales-entries", "routers/sales-entries.ts"),
  ).toBe("");
  expect(failing("npm", "run", "--silent", "arrows")).toBe("");
  expect(failing("vitest", "run", "--maxWorkers=1", "server/domain/sales-entries")).toBe("");
  expect(failing("vitest", "run", "--maxWorkers=1", "routers/matrix.test.ts", "-t", "salesEntries")).toBe("");
  expect(failing("node", "scripts/new.ts", "sales-entry")).toContain("is there already");
  expect(failing("node", "scripts/new.ts", "Sales Entry")).toContain("Usage:");
}, 400_000);
