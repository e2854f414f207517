import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cloneDatabase } from "../server/testing/services.ts";

/** The shell commands that a document tells to run: its blocks of the language `sh`. */
export const shellOf = (markdown: string): string[] =>
  [...markdown.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, text = ""]) => text);

/** A program that runs until the tour ends. */
export interface Running {
  /** Resolves with the first match in what it printed so far, or will. @throws Error when it ends before */
  says(pattern: RegExp): Promise<RegExpMatchArray>;
  press(keys: string): void;
}

/** A server with the demo, and what one does with it. */
export interface Tour {
  /** A text with this server's address in the place of the usual one. */
  here(text: string): string;
  run(file: string, ...args: string[]): Running;
  /** @returns what it printed @throws Error with what it complained of */
  shell(script: string): Promise<string>;
  /** A file that a shell command wrote. */
  written(name: string): string;
  close(): Promise<void>;
}

const root = join(import.meta.dirname, "..");

export async function openTour(): Promise<Tour> {
  const database = await cloneDatabase();
  const dataDir = mkdtempSync(join(tmpdir(), "taskwire-tour-"));
  const children: ChildProcess[] = [];
  const start = (command: string, args: readonly string[], env: Record<string, string> = {}, cwd = root) => {
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env } });
    children.push(child);
    return listen(child);
  };
  const close = async () => {
    await Promise.all(children.reverse().map(end));
    rmSync(dataDir, { recursive: true, force: true });
    await database.drop();
  };
  const env = { NODE_ENV: "test", PORT: "0", DATA_DIR: dataDir, DATABASE_URL: database.url, LOG_LEVEL: "silent" };
  const ready = start(process.execPath, ["server/main.ts"], env).says(/ready at http:\/\/(localhost:\d+)/);
  const [, address = ""] = await ready.catch(async (error) => {
    await close();
    throw error;
  });
  return {
    here: (text) => text.replaceAll("localhost:4000", address),
    run: (file, ...args) => start(process.execPath, [file, ...args]),
    async shell(script) {
      const [, printed = ""] = await start(
        "bash",
        ["-euo", "pipefail", "-c", `${script}\nprintf '\\nthe end'`],
        {},
        dataDir,
      ).says(/^([\s\S]*)\nthe end$/);
      return printed;
    },
    written: (name) => readFileSync(join(dataDir, name), "utf8"),
    close,
  };
}

function listen(child: ChildProcess): Running {
  let printed = "";
  let complaints = "";
  const listeners = new Set<() => void>();
  const tell = () => {
    for (const listener of listeners) listener();
  };
  child.stdout?.setEncoding("utf8").on("data", (text) => {
    printed += text;
    tell();
  });
  child.stderr?.setEncoding("utf8").on("data", (text) => {
    complaints += text;
  });
  let ended = false;
  child.once("close", () => {
    ended = true;
    tell();
  });
  return {
    says: (pattern) =>
      new Promise((found, failed) => {
        const look = () => {
          const match = printed.match(pattern);
          if (!match && !ended) return;
          listeners.delete(look);
          if (match) found(match);
          else failed(new Error(`It ended without saying ${pattern}:\n${printed}${complaints}`));
        };
        listeners.add(look);
        look();
      }),
    press: (keys) => void child.stdin?.write(keys),
  };
}

function end(child: ChildProcess): Promise<void> {
  return new Promise((ended) => {
    if (child.exitCode !== null || child.signalCode !== null) return ended();
    child.once("exit", () => ended());
    child.kill("SIGTERM");
  });
}
