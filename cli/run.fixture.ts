import { execFile } from "node:child_process";
import { join } from "node:path";

const main = join(import.meta.dirname, "main.ts");

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command line as an operator does, in a process of its own. */
export function taskwire(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  input?: string,
): Promise<Outcome> {
  const { PATH = "" } = process.env;
  return new Promise((done) => {
    const child = execFile(
      process.execPath,
      [main, ...args],
      { env: { PATH, NODE_ENV: "test", ...env } },
      (error, stdout, stderr) => done({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr }),
    );
    child.stdin?.end(input ?? "");
  });
}
