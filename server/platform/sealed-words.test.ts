import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readConfig } from "./../config.ts";
import { sealedWords } from "./sealed-words.ts";

const directory = mkdtempSync(join(tmpdir(), "sealed-"));
afterAll(() => rmSync(directory, { recursive: true }));

const [oldKey, newKey] = ["o".repeat(32), "n".repeat(32)];
const wordsOf = (keys: string, purpose = "test") =>
  sealedWords<{ said: string }>(readConfig({ NODE_ENV: "test", DATA_DIR: directory, SECRETS_KEYS: keys }), purpose);

test("only the server reads them, each time they look different", async () => {
  const words = wordsOf("");
  const [one, other] = [await words.seal({ said: "something" }, null), await words.seal({ said: "something" }, null)];
  expect(one).not.toBe(other);
  for (const part of one.split(".")) expect(Buffer.from(part, "base64url").toString()).not.toContain("something");
  expect(await words.open(one)).toEqual({ said: "something" });
});

test.for([
  ["nothing", () => ""],
  ["what is no seal", () => "a.b.c.d.e"],
  ["a changed one", (sealed: string) => `${sealed.slice(0, -2)}${sealed.endsWith("AA") ? "BB" : "AA"}`],
  ["one without encryption", () => `${Buffer.from('{"alg":"none"}').toString("base64url")}.e30.`],
] as const)("%s opens to nothing", async ([, change]) => {
  const words = wordsOf("");
  expect(await words.open(change(await words.seal({ said: "something" }, null)))).toBeNull();
});

test("a time that has passed, another purpose and another key open to nothing", async () => {
  const sealed = await wordsOf(oldKey).seal({ said: "something" }, null);
  expect(
    await wordsOf(oldKey).open(await wordsOf(oldKey).seal({ said: "x" }, new Date(Date.now() - 1_000))),
  ).toBeNull();
  expect(await wordsOf(oldKey, "another").open(sealed)).toBeNull();
  expect(await wordsOf(newKey).open(sealed)).toBeNull();
});

test("an older key opens what it sealed while it is named, and the signing key always", async () => {
  const before = await wordsOf("").seal({ said: "first" }, null);
  const later = await wordsOf(oldKey).seal({ said: "second" }, null);
  const words = wordsOf(`${newKey},${oldKey}`);
  expect([await words.open(before), await words.open(later)]).toEqual([{ said: "first" }, { said: "second" }]);
  expect(await wordsOf(oldKey).open(await words.seal({ said: "third" }, null))).toBeNull(); // the first one seals
});
