import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire, findPackageJSON } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const here = import.meta.dirname;
const consumer = mkdtempSync(join(tmpdir(), "taskwire-consumer-"));
const compiler = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin", "tsc");

/** Somebody's directory: the published package and what it depends on, nothing of this repository. */
beforeAll(() => {
  const scope = join(consumer, "node_modules", "@taskwire");
  mkdirSync(scope, { recursive: true });
  const packed = execFileSync("npm", ["pack", "--pack-destination", consumer], { cwd: here, stdio: "pipe" });
  execFileSync("tar", ["-xzf", packed.toString().trim().split("\n").at(-1)!], { cwd: consumer });
  renameSync(join(consumer, "package"), join(scope, "client"));
  const { dependencies } = JSON.parse(readFileSync(join(here, "package.json"), "utf8")) as { dependencies: object };
  for (const name of Object.keys(dependencies)) {
    const link = join(consumer, "node_modules", name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(dirname(findPackageJSON(name, import.meta.url)!), link, "junction");
  }
  writeFileSync(join(consumer, "package.json"), '{ "type": "module" }');
}, 180_000); // it compiles the server's types, perhaps beside other tests that do the like
afterAll(() => rmSync(consumer, { recursive: true }));

const sources = {
  /** The same that `npm run types` checks against the source. */
  types: () => readFileSync(join(here, "client.test-d.ts"), "utf8").replace("./index.ts", "@taskwire/client"),
  readme: () => {
    const blocks = readFileSync(join(here, "README.md"), "utf8").matchAll(/```ts\n(.*?)```/gs);
    const given = "declare const taskId: string, toStatusId: string, projectId: string;\n";
    return given + [...blocks].map(([, code]) => code).join("\n");
  },
};

test.each([
  ["nodenext", "nodenext", "types"],
  ["nodenext", "nodenext", "readme"],
  ["esnext", "bundler", "types"],
] as const)(
  "the packed client is typed in full by itself (module %s, resolution %s, %s)",
  (module, resolution, source) => {
    writeFileSync(join(consumer, "sample.ts"), sources[source]());
    const options = [
      "--strict",
      "--noEmit",
      "--module",
      module,
      "--moduleResolution",
      resolution,
      "--target",
      "esnext",
    ];

    const checked = spawnSync(process.execPath, [compiler, ...options, "sample.ts"], {
      cwd: consumer,
      encoding: "utf8",
    });

    expect(checked.stdout).toBe("");
    expect(checked.status).toBe(0);
  },
);

test("the packed client runs", () => {
  const program = `import * as client from "@taskwire/client"; console.log(Object.keys(client).sort().join());`;

  const printed = execFileSync(process.execPath, ["--input-type=module", "--eval", program], { cwd: consumer });

  expect(printed.toString().trim()).toBe(
    "TaskwireError,applyChange,applyChanges,createTaskwire,entitiesOf,errorOf,keepTokens",
  );
});
