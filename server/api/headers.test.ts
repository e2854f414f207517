import { describe, expect } from "vitest";
import type { Config } from "../config.ts";
import { serve, test } from "./api.fixture.ts";

test("every response carries the security headers", async ({ api }) => {
  for (const path of ["/", "/trpc/notes.count", "/api/v1/notes/count", "/health", "/nowhere"]) {
    const { headers } = await fetch(api.url + path);
    expect(Object.fromEntries(headers)).toMatchObject({
      "content-security-policy": "default-src 'none';frame-ancestors 'none';base-uri 'none';form-action 'none'",
      "x-content-type-options": "nosniff",
      "x-frame-options": "SAMEORIGIN",
      "referrer-policy": "no-referrer",
      "cache-control": path.endsWith("count") ? "private, no-cache" : "no-store",
      vary: expect.stringMatching(/^Origin\b/),
    });
    expect(headers.has("x-powered-by")).toBe(false);
  }
});

test("promises HTTPS only where it is served so", async ({ api, database }) => {
  const secure = await serve(database, { publicUrl: "https://taskwire.example" });
  try {
    expect((await fetch(api.url)).headers.has("strict-transport-security")).toBe(false);
    expect((await fetch(secure.url)).headers.get("strict-transport-security")).toMatch(/^max-age=\d{8}/);
  } finally {
    await secure.close();
  }
});

describe("the request id", () => {
  test.for(["abc-1", "x".repeat(128), "!~"])("is kept: %s", async (id, { api }) => {
    const { headers } = await fetch(api.url, { headers: { "x-request-id": id } });
    expect(headers.get("x-request-id")).toBe(id);
  });

  test.for(["", "x".repeat(129), "a b", "ä"])("is replaced: %j", async (id, { api }) => {
    const { headers } = await fetch(api.url, { headers: { "x-request-id": id } });
    expect(headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe("cross-origin requests", () => {
  const production: Partial<Config> = {
    NODE_ENV: "production",
    CORS_ORIGINS: ["https://app.example"],
    publicUrl: "https://taskwire.example",
  };
  const origins: [origin: string, development: boolean, production: boolean][] = [
    ["http://localhost:5173", true, false],
    ["http://127.0.0.1:3000", true, false],
    ["https://app.example", false, true],
    ["https://taskwire.example", false, true],
    ["https://app.example.evil.test", false, false],
    ["https://evil.test", false, false],
    ["http://localhost.evil.test", false, false],
    ["null", false, false],
  ];

  test.for(origins)("%s", async ([origin, inDevelopment, inProduction], { api, database }) => {
    const live = await serve(database, production);
    try {
      for (const [url, allowed] of [
        [api.url, inDevelopment],
        [live.url, inProduction],
      ] as const) {
        const preflight = await fetch(`${url}/trpc/notes.write`, {
          method: "OPTIONS",
          headers: {
            origin,
            "access-control-request-method": "POST",
            "access-control-request-headers": "idempotency-key",
          },
        });
        const call = await fetch(`${url}/trpc/notes.count`, { headers: { origin } });
        for (const { headers } of [preflight, call]) {
          expect(headers.get("access-control-allow-origin")).toBe(allowed ? origin : null);
          expect(headers.get("vary")).toContain("Origin");
          expect(headers.get("access-control-allow-credentials")).toBe(allowed ? "true" : null);
        }
        if (allowed) expect(preflight.headers.get("access-control-allow-headers")).toContain("idempotency-key");
      }
    } finally {
      await live.close();
    }
  });
});

describe("compression", () => {
  test.for([
    ["/api/v1/notes/long", "gzip", "gzip"],
    ["/trpc/notes.long", "br", "br"],
    ["/api/v1/notes/long", "identity", null],
    ["/api/v1/notes/count", "gzip", null], // too short to be worth it
    ["/openapi.json", "gzip", "gzip"],
  ] as const)("of %s for %s", async ([path, accepted, encoding], { api }) => {
    const response = await fetch(api.url + path, { headers: { "accept-encoding": accepted } });

    expect(response.headers.get("content-encoding")).toBe(encoding);
    expect(await response.json()).toBeTruthy(); // fetch unpacks
  });
});

test("the address behind a proxy is believed only as far as configured", async ({ database }) => {
  const direct = await serve(database);
  const proxied = await serve(database, { TRUST_PROXY: 1 });
  try {
    const headers = { "x-forwarded-for": "203.0.113.9, 198.51.100.7" };
    await Promise.all([direct, proxied].map(({ url }) => fetch(url, { headers })));

    await expect.poll(() => direct.lines().map((line) => line["ip"])).toEqual(["127.0.0.1"]);
    await expect.poll(() => proxied.lines().map((line) => line["ip"])).toEqual(["198.51.100.7"]);
  } finally {
    await Promise.all([direct.close(), proxied.close()]);
  }
});
