import { expect, test } from "vitest";
import { renewAfterMs } from "./token.ts";

const jwt = (claims: object) => `head.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.signature`;
const now = 1_000_000_000;

test.each([
  ["new", { iat: 1_000_000, exp: 1_000_600 }, 480_000],
  ["half used", { iat: 999_700, exp: 1_000_300 }, 180_000],
  ["almost over", { iat: 999_401, exp: 1_000_001 }, 1_000],
  ["over, as this clock sees it", { iat: 900_000, exp: 900_600 }, 1_000],
  ["from the future, as this clock sees it", { iat: 2_000_000, exp: 2_000_600 }, 480_000],
  ["without iat", { exp: 1_000_100 }, 80_000],
])("a token that is %s", (_, claims, ms) => {
  expect(renewAfterMs(jwt(claims), now)).toBe(ms);
});

test.each(["opaque", "a.b.c", jwt({ exp: "soon" }), jwt({})])("a token that does not say: %s", (token) => {
  expect(renewAfterMs(token)).toBeNull();
});

test("a token that was issued just now is used for 80 % of its life, whatever this clock says", () => {
  expect(renewAfterMs(jwt({ iat: 5, exp: 605 }), null)).toBe(480_000);
});
