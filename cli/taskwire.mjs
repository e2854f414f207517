#!/usr/bin/env node
// `npx taskwire`: the command line, on the Node that the project brings. Needs nothing but Node 18 itself.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const installer = join(root, "scripts", "install.mjs");
// An image has its modules, and neither the installer nor a Node of its own.
if (existsSync(installer)) spawnSync(process.execPath, [installer], { stdio: "inherit" });
const bundled = join(root, "node_modules", ".bin", process.platform === "win32" ? "node.cmd" : "node");
const node = existsSync(bundled) ? bundled : process.execPath;
const { status, signal } = spawnSync(node, [join(root, "cli", "main.ts"), ...process.argv.slice(2)], {
  stdio: "inherit",
  shell: process.platform === "win32",
});
if (signal) process.kill(process.pid, signal);
process.exitCode = status ?? 1;
