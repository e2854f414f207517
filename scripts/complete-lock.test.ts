import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { type Lock, missingFrom } from "./complete-lock.ts";

const lock = (): Lock => JSON.parse(readFileSync("package-lock.json", "utf8"));

test("package-lock.json names the binaries of every system; if not: npm run lock", () => {
  expect(Object.keys(missingFrom(lock()))).toEqual([]);
});

test("a name tells for which systems a package is", () => {
  const parent = { dev: true, optionalDependencies: { "@x/binding-linux-arm64-musl": "1.2.3", "x-ranged": "^1.0.0" } };
  expect(missingFrom({ packages: { "node_modules/x": parent } })).toEqual({
    "node_modules/@x/binding-linux-arm64-musl": {
      version: "1.2.3",
      cpu: ["arm64"],
      dev: true,
      libc: ["musl"],
      optional: true,
      os: ["linux"],
    },
  });
});

test("package-lock.json names no registry", () => {
  expect(readFileSync("package-lock.json", "utf8")).not.toContain('"resolved": "http');
});
