import { expect, test } from "vitest";
import { derivedCheckedSecret, hintOf, isCheckedSecret, randomCheckedSecret } from "./checked-secrets.ts";

test("a secret tells what it is, and a scanner that it is one", () => {
  const secret = randomCheckedSecret("twp_");
  expect(secret).toMatch(/^twp_[0-9A-Za-z]{49}$/);
  expect(isCheckedSecret("twp_", secret)).toBe(true);
  expect(isCheckedSecret("tws_", secret)).toBe(false);
  expect(hintOf(secret)).toBe(secret.slice(-4));
  expect(randomCheckedSecret("twp_")).not.toBe(secret);
});

test("what was derived once is derived again, for the same purpose alone", () => {
  const derive = (purpose: string) => derivedCheckedSecret("tws_", "key", purpose);
  expect(derive("a")).toBe(derive("a"));
  expect(derive("a")).not.toBe(derive("b"));
  expect(isCheckedSecret("tws_", derive("a"))).toBe(true);
});

test("the checksum does not change between releases", () => {
  expect(derivedCheckedSecret("tws_", "key", "a")).toBe("tws_SSxHS7ozsWq0vhTh6Vg4seeaX43u2X1GWlnqopYAQ153ec0Ql");
});

test.for([
  [
    "a slip of the pen",
    (secret: string) => `${secret.slice(0, 10)}${secret[10] === "A" ? "B" : "A"}${secret.slice(11)}`,
  ],
  ["something shorter", (secret: string) => secret.slice(0, -1)],
  ["something longer", (secret: string) => `${secret}0`],
  ["another prefix", (secret: string) => secret.replace("twp_", "twq_")],
  ["nothing", () => ""],
] as const)("%s is none", ([, change]) => {
  expect(isCheckedSecret("twp_", change(randomCheckedSecret("twp_")))).toBe(false);
});
