import { describe, expect } from "vitest";
import { actor, test } from "./api.fixture.ts";

const json = { "content-type": "application/json" };
const signedIn = { authorization: "Bearer good" };
const write = (body: unknown, headers: Record<string, string> = {}): RequestInit => ({
  method: "POST",
  headers: { ...json, ...signedIn, ...headers },
  body: JSON.stringify(body),
});
const query = (input: unknown) => `input=${encodeURIComponent(JSON.stringify(input))}`;
const mutationId = "0199a000-0000-4000-8000-00000000000a";

describe("tRPC", () => {
  test("answers one call, and a batch in the order of its calls", async ({ api }) => {
    const one = await fetch(`${api.url}/trpc/notes.get?${query({ id: "a" })}`, { headers: signedIn });
    const both = await fetch(
      `${api.url}/trpc/notes.get,notes.count,notes.get?batch=1&${query({ 0: { id: "a" }, 2: { id: "" } })}`,
      { headers: signedIn },
    );

    expect(await one.json()).toEqual({
      result: { data: { id: "a", text: "A note", stars: 0, pinned: false, tags: [] } },
    });
    expect(await both.json()).toMatchObject([
      { result: { data: { id: "a" } } },
      { result: { data: { count: 1 } } },
      { result: { data: { id: "" } } },
    ]);
  });

  test("a batch whose calls end differently is 207", async ({ api }) => {
    const response = await fetch(`${api.url}/trpc/notes.count,notes.get?batch=1&${query({ 1: { id: "a" } })}`);

    expect(response.status).toBe(207);
    expect(await response.json()).toMatchObject([
      { result: { data: { count: 1 } } },
      { error: { data: { error: "auth.required", httpStatus: 401, path: "notes.get" } } },
    ]);
  });

  test("streams a batch to who asks for it", async ({ api }) => {
    const response = await fetch(`${api.url}/trpc/notes.count,notes.count?batch=1`, {
      headers: { "trpc-accept": "application/jsonl" },
    });

    expect(response.status).toBe(200);
    expect((await response.text()).match(/"count":1/g)).toHaveLength(2);
  });

  test("works with the content type that names its encoding", async ({ api }) => {
    const init = write({ id: "a", text: "Grüße 🎉" }, { "content-type": "Application/JSON; charset=utf-8" });
    const response = await fetch(`${api.url}/trpc/notes.write`, init);

    expect(await response.json()).toMatchObject({ result: { data: { text: "Grüße 🎉" } } });
  });

  test("an input-less mutation needs no body", async ({ api }) => {
    const response = await fetch(`${api.url}/trpc/notes.clear`, { method: "POST", headers: { ...json, ...signedIn } });

    expect(await response.json()).toEqual({ result: { data: { cleared: true } } });
  });
});

describe("REST", () => {
  test("reads numbers, booleans and lists from the query", async ({ api }) => {
    const response = await fetch(`${api.url}/api/v1/notes/a%2Fb?stars=3&pinned=true&tags=x`, { headers: signedIn });
    const other = await fetch(`${api.url}/api/v1/notes/5?pinned=false&tags=x&tags=y`, { headers: signedIn });

    expect(await response.json()).toEqual({ id: "a/b", text: "A note", stars: 3, pinned: true, tags: ["x"] });
    expect(await other.json()).toEqual({ id: "5", text: "A note", stars: 0, pinned: false, tags: ["x", "y"] });
  });

  test("does not make tRPC's inputs lax", async ({ api }) => {
    await fetch(`${api.url}/api/v1/notes/a?stars=3`, { headers: signedIn });
    const response = await fetch(`${api.url}/trpc/notes.get?${query({ id: "a", stars: "3" })}`, { headers: signedIn });

    expect(response.status).toBe(400);
  });

  test("prefers the literal address, and ignores a slash at the end", async ({ api }) => {
    for (const address of ["/api/v1/notes/count", "/api/v1/notes/count/"]) {
      expect(await (await fetch(api.url + address)).json()).toEqual({ count: 1 });
    }
  });

  test.for(["/notes//", "//notes/count", "/notes/count//", `/notes/count${"/".repeat(500)}more`])(
    "has nothing at %s, where a part is missing",
    async (path, { api }) => {
      const response = await fetch(`${api.url}/api/v1${path}`, { headers: signedIn });

      expect(response.status).toBe(404);
    },
  );

  test("signs in at the address of the contract, with and without a slash", async ({ api }) => {
    for (const address of ["/api/v1/auth/login", "/api/v1/auth/login/"]) {
      const response = await fetch(api.url + address, {
        method: "POST",
        headers: json,
        body: JSON.stringify({ username: "a@example.test", password: "secret" }),
      });
      expect(response.status).toBe(200);
      expect(await response.json()).toEqual({ access: "access-token-1", refresh: "refresh-token-1" });
    }
  });

  test("takes the mutation's id from the header idempotency-key", async ({ api }) => {
    const response = await fetch(`${api.url}/api/v1/notes/a`, write({ text: "a" }, { "idempotency-key": mutationId }));

    expect(await response.json()).toEqual({ id: "a", text: "a", mutation: mutationId });
  });

  test("lets who sends a token leave out the body and its type", async ({ api }) => {
    const response = await fetch(`${api.url}/api/v1/notes/clear`, { method: "POST", headers: signedIn });

    expect(await response.json()).toEqual({ cleared: true });
  });

  test("answers HEAD without a body and OPTIONS with the methods", async ({ api }) => {
    const head = await fetch(`${api.url}/api/v1/notes/count`, { method: "HEAD" });
    const options = await fetch(`${api.url}/api/v1/notes/count`, { method: "OPTIONS" });

    expect([head.status, await head.text()]).toEqual([200, ""]);
    expect([options.status, options.headers.get("allow")]).toEqual([204, "GET, POST, HEAD, OPTIONS"]);
  });
});

describe("both", () => {
  test("answer the same, success and failure", async ({ api }) => {
    for (const body of [{ text: "a" }, { text: 1 }, { text: "a", mutationId: "x" }]) {
      const overRest = await fetch(`${api.url}/api/v1/notes/a`, write(body));
      const overTrpc = await fetch(`${api.url}/trpc/notes.write`, write({ id: "a", ...body }));
      const rest = (await overRest.json()) as object;
      const trpc = (await overTrpc.json()) as { result: { data: object }; error: { data: object } };

      expect(overRest.status).toBe(overTrpc.status);
      if (overRest.ok) expect(rest).toEqual(trpc.result.data);
      else expect(trpc.error.data).toMatchObject(rest);
    }
  });

  test.for(["/trpc/notes.cookie", "/api/v1/notes/cookie"])(
    "a procedure can set a cookie: %s",
    async (path, { api }) => {
      const response = await fetch(api.url + path, { method: "POST", headers: json });

      expect(response.headers.getSetCookie()).toEqual(["crumb=1; HttpOnly"]);
    },
  );
});

test("the log has one line for a request, and nothing of what it carried", async ({ api }) => {
  const id = "find-me";
  await fetch(
    `${api.url}/trpc/notes.write?token=query-secret`,
    write({ id: "a", text: "body-text" }, { "x-request-id": id }),
  );
  await fetch(`${api.url}/api/v1/auth/login`, write({ username: "a@example.test", password: "hunter2" }));
  await fetch(`${api.url}/trpc/notes.fail`, write({ how: "unknown", password: "hunter2" }, { "x-request-id": id }));

  await expect.poll(() => api.lines().filter((line) => line["request_id"] === id).length).toBe(3);
  const lines = api.lines().filter((line) => line["request_id"] === id);
  expect(lines[0]).toEqual({
    level: "INFO",
    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    service: "taskwire",
    request_id: id,
    user_id: actor.userId,
    ip: "127.0.0.1",
    method: "POST",
    path: "/trpc/notes.write",
    status: 200,
    duration_ms: expect.any(Number),
    message: "request served",
  });
  expect(lines[1]).toMatchObject({ level: "ERROR", procedure: "notes.fail", err: { stack: expect.any(String) } });
  expect(lines[2]).toMatchObject({ level: "INFO", status: 500 });
  expect(JSON.stringify(api.lines())).not.toMatch(
    /query-secret|body-text|hunter2|Bearer|good|access-token|refresh-token/,
  );
});

test("a login's line names its service", async ({ api }) => {
  await fetch(
    `${api.url}/api/v1/auth/login`,
    write({ username: "a", password: "b" }, { "x-request-id": "login-line" }),
  );

  await expect
    .poll(() => api.lines().find((line) => line["request_id"] === "login-line"))
    .toMatchObject({ service: "auth-service" });
});
