import { describe, expect } from "vitest";
import { test } from "./api.fixture.ts";

const reads = ["/api/v1/notes/long", "/trpc/notes.long", "/trpc/notes.long,notes.count?batch=1"];

describe.each(reads)("GET %s", (path) => {
  test("is answered without a body to who holds the answer, and names it", async ({ api }) => {
    const first = await fetch(api.url + path);
    const etag = first.headers.get("etag") as string;
    expect(etag).toMatch(/^W\/"[\w-]{27}"$/);
    expect(first.headers.get("vary")).toContain("Authorization");
    await first.arrayBuffer();

    const again = await fetch(api.url + path, { headers: { "if-none-match": `"other", ${etag}` } });
    expect([again.status, again.headers.get("etag"), await again.text()]).toEqual([304, etag, ""]);

    const plain = await fetch(api.url + path, { headers: { "if-none-match": etag, "accept-encoding": "identity" } });
    expect(plain.status).toBe(304);
  });

  test("is answered whole to who holds another", async ({ api }) => {
    const answer = await fetch(api.url + path, { headers: { "if-none-match": '"other"' } });
    expect([answer.status, (await answer.text()).length > 1_000]).toEqual([200, true]);
  });
});

test.for([
  ["a failed read", "GET", "/api/v1/notes/n1?stars=9"],
  ["a mutation", "POST", "/api/v1/notes/fail"],
  ["a read that is not there", "GET", "/api/v1/nowhere"],
] as const)("%s is not to be kept", async ([, method, path], { api }) => {
  const { headers } = await fetch(api.url + path, { method });
  expect([headers.get("etag"), headers.get("cache-control")]).toEqual([null, "no-store"]);
});
