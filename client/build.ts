/**
 * Builds the package into dist/: plain JavaScript, and declarations that need none of the server's source.
 * What the client knows of the server is one type, `Contract`; here it is published as the compiler writes it out.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const here = import.meta.dirname;
const dist = join(here, "dist");
const emitted = join(dist, ".emit", "client");

rmSync(dist, { recursive: true, force: true });
const compiler = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin", "tsc");
const compiled = spawnSync(process.execPath, [compiler, "--project", join(here, "tsconfig.build.json")], {
  encoding: "utf8",
});
// The server's own declarations are by-products here; `npm run types` checks the sources.
const problems = compiled.stdout.split("\n").filter((line) => line.startsWith("client/"));
if (problems.length > 0) throw new Error(problems.join("\n"));

mkdirSync(dist, { recursive: true });
publish("index.js", (file) => readFileSync(join(emitted, file), "utf8"));
publish("index.d.ts", (file) =>
  file === "contract.d.ts"
    ? contract()
    : readFileSync(join(emitted, file), "utf8").replace(/(from "\.\/[^"]+)\.ts"/g, '$1.js"'),
);
rmSync(join(dist, ".emit"), { recursive: true });

/** Writes a file and all that it imports from beside it. */
function publish(entry: string, read: (file: string) => string): void {
  const extension = entry.slice(entry.indexOf("."));
  const found = new Set([entry]);
  for (const file of found) {
    const content = read(file);
    if (/["'(]\.\.\//.test(content)) throw new Error(`${file} would need the server's source`);
    writeFileSync(join(dist, file), content);
    for (const [, name] of content.matchAll(/from "\.\/([^"]+)\.js"/g)) found.add(`${name}${extension}`);
  }
}

function contract(): string {
  const declared = readFileSync(join(emitted, "published-contract.d.ts"), "utf8");
  const written = declared
    .slice(declared.indexOf("export declare const contract: {"))
    .replace(/export declare const contract: /, "");
  return `/** The server's procedures, entities and changes. */\nexport type Contract = ${written.slice(0, written.indexOf("\n};") + 3)}\n`;
}
