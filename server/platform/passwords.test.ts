import { parseOptions } from "@node-rs/argon2";
import { describe, expect, test } from "vitest";
import { createPasswords } from "./passwords.ts";

const passwords = createPasswords({ NODE_ENV: "test" });

test("in production hashes are argon2id with 19 MiB and two passes", async () => {
  const hashed = await createPasswords({ NODE_ENV: "production" }).hash("correct horse battery");
  expect(hashed).toMatch(/^\$argon2id\$/);
  expect(parseOptions(hashed)).toMatchObject({ memoryCost: 19_456, timeCost: 2, parallelism: 1 });
});

describe("a password", () => {
  test("matches its own hash only, and each hash is another", async () => {
    const [hashed, again] = await Promise.all([passwords.hash("one"), passwords.hash("one")]);
    expect(hashed).not.toBe(again);
    expect(await passwords.matches(hashed, "one")).toBe(true);
    expect(await passwords.matches(hashed, "other")).toBe(false);
  });

  test("matches however its characters are composed", async () => {
    const hashed = await passwords.hash("\u00e9\u00e9");
    expect(await passwords.matches(hashed, "e\u0301e\u0301")).toBe(true);
  });

  test("matches nothing where there is no account", async () => {
    expect(await passwords.matches(null, "anything")).toBe(false);
  });
});

test("too many at once are refused instead of waiting for ever, and afterwards it goes on", async () => {
  const all = await Promise.allSettled(Array.from({ length: 1_000 }, () => passwords.hash("one")));
  const refused = all.filter((one) => one.status === "rejected");
  expect(refused.length).toBeGreaterThan(500);
  expect(refused[0]!.reason).toMatchObject({ code: "rate-limited", details: { retryAfterSeconds: 1 } });
  expect(await passwords.hash("one")).toContain("argon2id");
});
