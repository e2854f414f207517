// Makes node_modules whole before `npm start` and `npm test`. Needs nothing but Node 18 and npm 8, or newer.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { basename, delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const modules = join(root, "node_modules");
const stamp = join(modules, ".installed");
const work = join(root, ".data", "install");
const lockText = fs.readFileSync(join(root, "package-lock.json"));
const lock = JSON.parse(lockText.toString());
const nodeVersion = lock.packages[""].dependencies.node;
const fingerprint = createHash("sha256").update(lockText).digest("hex");

if (!isComplete()) {
  const unlock = await takeTurns();
  try {
    if (!isComplete()) await install();
  } finally {
    unlock();
  }
}

/** The stamp answers at once; without it (somebody ran npm themselves) what npm wrote about its work is compared. */
function isComplete() {
  if (spawnSync(join(modules, ".bin", "node"), ["-v"], { encoding: "utf8" }).stdout?.trim() !== `v${nodeVersion}`)
    return false;
  if (readIfThere(stamp) === fingerprint) return true;
  const installed = JSON.parse(readIfThere(join(modules, ".package-lock.json")) || "{}").packages;
  if (!installed) return false;
  for (const [path, wanted] of Object.entries(lock.packages)) {
    if (!path.startsWith("node_modules/") || wanted.link) continue;
    if (installed[path] ? installed[path].version !== wanted.version : isNeededHere(wanted)) return false;
  }
  fs.writeFileSync(stamp, fingerprint);
  return true;
}

/** An old npm leaves out the binaries of this very system when their `engines` ask for a newer Node. */
function isNeededHere({ optional, os, cpu, libc }) {
  if (!optional) return true;
  const libcHere = process.report?.getReport().header.glibcVersionRuntime ? "glibc" : "musl";
  return Boolean(
    os?.includes(process.platform) &&
      cpu?.includes(process.arch) &&
      (!libc || process.platform !== "linux" || libc.includes(libcHere)),
  );
}

async function install() {
  const from = Date.now();
  const seconds = () => `${Math.round((Date.now() - from) / 1000)} s`;
  console.log("Installing the dependencies: once, and again when they change. This takes about half a minute …");
  const ticking = setInterval(() => console.log(`  … still installing (${seconds()})`), 15_000);
  try {
    const node = await obtainNode();
    const options = ["--include=dev", "--include=optional", "--no-audit", "--no-fund", "--loglevel=error"];
    await npm(node, ["ci", ...options]).catch((error) => {
      console.log(`${error.message}; trying npm install, which forgives a lock file that is not complete …`);
      return npm(node, ["install", "--no-save", ...options]);
    });
  } catch (error) {
    console.error(`\n${error.message}`);
    console.error(
      "The dependencies could not be installed: is the npm registry reachable? Run the same command to try again.",
    );
    process.exitCode = 1;
    return;
  } finally {
    clearInterval(ticking);
  }
  if (!isComplete()) {
    console.error(
      "npm finished, but node_modules is not complete: delete the directory and run the same command again.",
    );
    process.exitCode = 1;
    return;
  }
  fs.rmSync(work, { recursive: true, force: true });
  console.log(`Installed in ${seconds()}.`);
}

/** A Node of the version the project runs on, outside node_modules, which npm is about to replace. */
async function obtainNode() {
  if (process.version === `v${nodeVersion}` && !process.execPath.startsWith(root)) return process.execPath;
  const { platform, arch } = process;
  const name = `${platform === "darwin" && arch === "arm64" ? "node-bin" : "node"}-${platform === "win32" ? "win" : platform}-${arch}`;
  const file = join(work, "node_modules", name, "bin", platform === "win32" ? "node.exe" : "node");
  if (spawnSync(file, ["-v"], { encoding: "utf8" }).stdout?.trim() === `v${nodeVersion}`) return file;

  fs.mkdirSync(work, { recursive: true });
  fs.writeFileSync(join(work, "package.json"), "{}");
  const quiet = ["--no-audit", "--no-fund", "--loglevel=error", "--ignore-scripts"];
  await npm(
    process.execPath,
    ["install", "--no-save", "--no-package-lock", "--prefix", work, ...quiet, `${name}@${nodeVersion}`],
    {
      cwd: work,
      silent: true,
    },
  );
  return file;
}

/** Runs npm's own program on the given Node, which also comes first for the install scripts of packages. */
function npm(node, args, { cwd = root, silent = false } = {}) {
  const cli = process.env.npm_execpath;
  const direct = cli && basename(cli) === "npm-cli.js";
  const env = { ...process.env, PATH: dirname(node) + delimiter + process.env.PATH, NODE_NO_WARNINGS: "1" };
  delete env.npm_config_local_prefix;
  return new Promise((done, fail) => {
    const [command, rest] = direct ? [node, [cli, ...args]] : ["npm", args];
    const child = spawn(command, rest, {
      cwd,
      env,
      stdio: ["ignore", silent ? "ignore" : "inherit", "inherit"],
      shell: !direct && process.platform === "win32",
    });
    child.once("error", fail);
    child.once("exit", (code, signal) =>
      code === 0 ? done() : fail(new Error(`npm ${args[0]} ended with ${signal ?? `code ${code}`}`)),
    );
  });
}

/** Two commands started at once must not both rebuild node_modules. */
async function takeTurns() {
  const turn = join(root, ".data", "install.lock");
  fs.mkdirSync(dirname(turn), { recursive: true });
  for (let told = false; ; ) {
    try {
      fs.writeFileSync(turn, String(process.pid), { flag: "wx" });
      return () => fs.rmSync(turn, { force: true });
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    const holder = Number(readIfThere(turn));
    const age = Date.now() - (fs.statSync(turn, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > 900_000 || (holder ? !isAlive(holder) : age > 5_000)) {
      fs.rmSync(turn, { force: true });
      continue;
    }
    if (!told) console.log(`Waiting for the installation that process ${holder} runs …`);
    told = true;
    await new Promise((done) => setTimeout(done, 250));
  }
}

function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === "EPERM";
  }
}

function readIfThere(file) {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
