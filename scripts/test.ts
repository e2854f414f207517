// `npm test`: every check and every test; `npm test -- <path or vitest options>`: only those tests.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Count } from "./count-reporter.ts";

const checks: readonly { name: string; command: string; args: readonly string[] }[] = [
  { name: "types", command: "tsc", args: ["--noEmit"] },
  { name: "style", command: "biome", args: ["check", "."] },
  { name: "unused code", command: "knip", args: ["--no-progress"] },
  { name: "import arrows", command: "npm", args: ["run", "--silent", "arrows"] },
];

const root = join(import.meta.dirname, "..");
const env: NodeJS.ProcessEnv = {
  ...process.env,
  NODE_ENV: "test",
  PATH: [join(root, "node_modules", ".bin"), process.env["PATH"]].join(delimiter),
};

const wanted = process.argv.slice(2);
const total: Count = { passed: 0, failed: 0, skipped: 0 };
if (wanted.length === 0) for (const check of checks) add((await runCheck(check)) ? { passed: 1 } : { failed: 1 });
add(await runTests(wanted));

process.exitCode = total.failed > 0 ? 1 : 0;
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : "";
console.log(`\n${total.passed} passed, ${total.failed} failed${skipped}`);

function add(count: Partial<Count>): void {
  for (const key of ["passed", "failed", "skipped"] as const) total[key] += count[key] ?? 0;
}

/** One line with its time when it passes; what the tool said when it does not. */
async function runCheck({ name, command, args }: (typeof checks)[number]): Promise<boolean> {
  const from = performance.now();
  if (process.stdout.isTTY) process.stdout.write(`… ${name}`);
  let output = "";
  const code = await run(command, args, (text) => {
    output += text;
  });
  const clear = process.stdout.isTTY ? "\r\x1b[K" : "";
  const seconds = ((performance.now() - from) / 1000).toFixed(1);
  console.log(`${clear}${code === 0 ? "✓" : "✗"} ${name} (${seconds} s)`);
  if (code !== 0) console.log(`${output.trimEnd()}\n`);
  return code === 0;
}

/** Vitest reports to the terminal as it goes, and its count to a file. */
async function runTests(args: readonly string[]): Promise<Count> {
  mkdirSync(join(root, ".data"), { recursive: true });
  const file = join(root, ".data", `test-count-${process.pid}.json`);
  env["COUNT_FILE"] = file;
  const code = await run("vitest", ["run", "--reporter=default", "--reporter=./scripts/count-reporter.ts", ...args]);
  const count: Count = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : { passed: 0, failed: 0, skipped: 0 };
  rmSync(file, { force: true });
  if (code !== 0 && count.failed === 0) count.failed = 1; // the set-up failed, or no test was found
  return count;
}

/** @returns the exit code; a tool that cannot be started counts as failed and says why */
function run(command: string, args: readonly string[], listen?: (text: string) => void): Promise<number> {
  return new Promise((done) => {
    const child = spawn(command, args, {
      cwd: root,
      env,
      stdio: ["ignore", listen ? "pipe" : "inherit", listen ? "pipe" : "inherit"],
    });
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding("utf8").on("data", (text) => listen?.(text));
    child.once("error", (error) => {
      (listen ?? console.error)(error.message);
      done(1);
    });
    child.once("close", (code) => done(code ?? 1));
  });
}
