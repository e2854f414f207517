import { connect } from "node:net";
import { describe, expect } from "vitest";
import { serve, test } from "./api.fixture.ts";

const json = { "content-type": "application/json" };
const signedIn = { authorization: "Bearer good" };
const write = (body: string, headers: Record<string, string> = { ...json, ...signedIn }): RequestInit => ({
  method: "POST",
  headers,
  body,
});
const batch = (count: number) => `/trpc/${Array(count).fill("notes.count").join(",")}?batch=1`;
const kib = (count: number) => JSON.stringify({ id: "n1", text: "x".repeat(count * 1024) });

const failures: [what: string, path: string, init: RequestInit, status: number, code: string][] = [
  ["an unknown address", "/nowhere", {}, 404, "not-found"],
  ["an undecodable address", "/health/%E0%A4%A", {}, 400, "validation.failed"],
  ["another method on a page", "/openapi.json", { method: "POST" }, 405, "validation.failed"],
  ["an unknown service", "/health/coffee-service", {}, 404, "not-found"],

  ["tRPC: an unknown procedure", "/trpc/notes.nothing", {}, 404, "not-found"],
  ["tRPC: a name of Object", "/trpc/constructor", {}, 404, "not-found"],
  ["tRPC: an undecodable path", "/trpc/%E0%A4%A", {}, 400, "validation.failed"],
  ["tRPC: a mutation by GET", "/trpc/notes.write", {}, 405, "validation.failed"],
  ["tRPC: a query by POST", "/trpc/notes.count", write("{}"), 405, "validation.failed"],
  ["tRPC: another method", "/trpc/notes.count", { method: "DELETE" }, 405, "validation.failed"],
  ["tRPC: malformed JSON", "/trpc/notes.write", write("{"), 400, "validation.failed"],
  [
    "tRPC: bytes that are not UTF-8",
    "/trpc/notes.write",
    { ...write(""), body: Buffer.from([0x22, 0xff, 0x22]) },
    400,
    "validation.failed",
  ],
  [
    "tRPC: a malformed input in the address",
    "/trpc/notes.get?input={",
    { headers: signedIn },
    400,
    "validation.failed",
  ],
  ["tRPC: a wrong type", "/trpc/notes.write", write('{"id":1,"text":"a"}'), 400, "validation.failed"],
  [
    "tRPC: a number as text",
    "/trpc/notes.get?input=%7B%22id%22:%22a%22,%22stars%22:%221%22%7D",
    { headers: signedIn },
    400,
    "validation.failed",
  ],
  ["tRPC: an unknown key", "/trpc/notes.write", write('{"id":"a","text":"a","more":1}'), 400, "validation.failed"],
  [
    "tRPC: a form",
    "/trpc/notes.clear",
    write("a=1", { ...signedIn, "content-type": "application/x-www-form-urlencoded" }),
    415,
    "validation.failed",
  ],
  [
    "tRPC: an empty form",
    "/trpc/notes.clear",
    write("", { ...signedIn, "content-type": "application/x-www-form-urlencoded" }),
    415,
    "validation.failed",
  ],
  [
    "tRPC: multipart",
    "/trpc/notes.clear",
    write("", { ...signedIn, "content-type": "multipart/form-data; boundary=x" }),
    415,
    "validation.failed",
  ],
  [
    "tRPC: bytes",
    "/trpc/notes.clear",
    write("", { ...signedIn, "content-type": "application/octet-stream" }),
    415,
    "validation.failed",
  ],
  [
    "tRPC: text",
    "/trpc/notes.clear",
    write("{}", { ...signedIn, "content-type": "text/plain" }),
    415,
    "validation.failed",
  ],
  ["tRPC: no type", "/trpc/notes.clear", { method: "POST", headers: signedIn }, 415, "validation.failed"],
  [
    "tRPC: a packed body",
    "/trpc/notes.write",
    write("{}", { ...json, ...signedIn, "content-encoding": "gzip" }),
    415,
    "validation.failed",
  ],
  ["tRPC: a body over the limit", "/trpc/notes.write", write(kib(1025)), 413, "too-large"],
  ["tRPC: a batch of 11", batch(11), {}, 400, "validation.failed"],
  [
    "tRPC: a streamed batch of 11",
    batch(11),
    { headers: { "trpc-accept": "application/jsonl" } },
    400,
    "validation.failed",
  ],
  ["tRPC: queries and mutations together", "/trpc/notes.count,notes.clear?batch=1", {}, 400, "validation.failed"],
  ["tRPC: a batch's input that is none", "/trpc/notes.write?batch=1", write("1"), 400, "validation.failed"],
  ["tRPC: nobody signed in", "/trpc/notes.clear", write("{}", json), 401, "auth.required"],
  [
    "tRPC: an expired token",
    "/trpc/notes.clear",
    write("{}", { ...json, authorization: "Bearer old" }),
    401,
    "auth.expired",
  ],
  [
    "tRPC: a mutationId that is none",
    "/trpc/notes.write",
    write('{"id":"a","text":"a","mutationId":"1"}'),
    400,
    "validation.failed",
  ],
  ["tRPC: an unknown failure", "/trpc/notes.fail", write('{"how":"unknown"}'), 500, "internal"],
  ["tRPC: a thrown text", "/trpc/notes.fail", write('{"how":"text"}'), 500, "internal"],
  ["tRPC: a wrong output", "/trpc/notes.fail", write('{"how":"output"}'), 500, "internal"],
  ["tRPC: a domain's refusal", "/trpc/notes.fail", write('{"how":"stale"}'), 409, "stale"],

  ["REST: an unknown address", "/api/v1/nothing", {}, 404, "not-found"],
  ["REST: another method", "/api/v1/notes/count", { method: "DELETE" }, 405, "validation.failed"],
  ["REST: an undecodable segment", "/api/v1/notes/%E0%A4%A", { headers: signedIn }, 400, "validation.failed"],
  ["REST: an unknown query key", "/api/v1/notes/a?colour=red", { headers: signedIn }, 400, "validation.failed"],
  ["REST: a query key where none is taken", "/api/v1/notes/count?a=1", {}, 400, "validation.failed"],
  ["REST: a query key beside a body", "/api/v1/notes/a?text=a", write('{"text":"a"}'), 400, "validation.failed"],
  ["REST: text for a number", "/api/v1/notes/a?stars=many", { headers: signedIn }, 400, "validation.failed"],
  ["REST: an empty number", "/api/v1/notes/a?stars=", { headers: signedIn }, 400, "validation.failed"],
  ["REST: a number twice", "/api/v1/notes/a?stars=1&stars=2", { headers: signedIn }, 400, "validation.failed"],
  ["REST: text for a boolean", "/api/v1/notes/a?pinned=yes", { headers: signedIn }, 400, "validation.failed"],
  ["REST: malformed JSON", "/api/v1/notes/a", write("{"), 400, "validation.failed"],
  ["REST: a list as body", "/api/v1/notes/a", write("[]"), 400, "validation.failed"],
  ["REST: an unknown key", "/api/v1/notes/a", write('{"text":"a","more":1}'), 400, "validation.failed"],
  ["REST: another id in the body", "/api/v1/notes/a", write('{"text":"a","id":"b"}'), 400, "validation.failed"],
  ["REST: input where none is taken", "/api/v1/notes/clear", write('{"all":true}'), 400, "validation.failed"],
  [
    "REST: a form",
    "/api/v1/notes/clear",
    write("", { ...signedIn, "content-type": "application/x-www-form-urlencoded" }),
    415,
    "validation.failed",
  ],
  ["REST: no type and nobody signed in", "/api/v1/notes/cookie", { method: "POST" }, 415, "validation.failed"],
  ["REST: a body over the limit", "/api/v1/notes/a", write(kib(1025)), 413, "too-large"],
  ["REST: nobody signed in", "/api/v1/notes/a", {}, 401, "auth.required"],
  [
    "REST: an idempotency-key that is none",
    "/api/v1/notes/a",
    write('{"text":"a"}', { ...json, ...signedIn, "idempotency-key": "1" }),
    400,
    "validation.failed",
  ],
  ["REST: an unknown failure", "/api/v1/notes/fail", write('{"how":"unknown"}'), 500, "internal"],
  ["REST: a domain's refusal", "/api/v1/notes/fail", write('{"how":"stale"}'), 409, "stale"],
];

describe("every failure has the table's body", () => {
  test.for(failures)("%s", async ([, path, init, status, code], { api }) => {
    const response = await fetch(api.url + path, init);
    const body = await response.json();

    expect(response.status).toBe(status);
    expect(response.headers.get("content-type")).toMatch(/^application\/json/);
    const own = path.startsWith("/trpc/") ? (Array.isArray(body) ? body[0] : body).error.data : body;
    expect(own).toMatchObject({ error: code, message: expect.any(String), details: expect.any(Object) });
    expect(JSON.stringify(body)).not.toMatch(/stack|no table|node_modules/);
    if (status === 405) expect(response.headers.get("allow")).toBeTruthy();
  });
});

test("a validation error names what is wrong and where", async ({ api }) => {
  const response = await fetch(`${api.url}/api/v1/notes/a`, write('{"text":5,"more":1}'));

  expect(await response.json()).toMatchObject({
    error: "validation.failed",
    details: { issues: [{ path: ["text"] }, { keys: ["more"] }] },
  });
});

test("a chunked body over the limit is cut off", async ({ api }) => {
  const chunk = new TextEncoder().encode("x".repeat(64 * 1024));
  let sent = 0;
  const body = new ReadableStream({
    pull(controller) {
      sent += 1;
      controller.enqueue(chunk);
      if (sent === 64) controller.close();
    },
  });
  const init = { method: "POST", headers: { ...json, ...signedIn }, body, duplex: "half" } as RequestInit;
  const answer = await fetch(`${api.url}/trpc/notes.write`, init).then(
    (response) => response.status,
    () => "connection closed", // the server may close before the sender looks at the answer
  );

  expect([413, "connection closed"]).toContain(answer);
});

test("a call over its budget is told when to come back, also within a batch", async ({ database }) => {
  const api = await serve(database, { RATE_LIMIT_PER_MINUTE: 12 });
  try {
    const first = await fetch(api.url + batch(10));
    const second = await fetch(api.url + batch(10));
    const rest = await fetch(`${api.url}/api/v1/notes/count`);

    expect(first.status).toBe(200);
    expect(second.status).toBe(207);
    expect(await second.json()).toMatchObject([
      ...Array(2).fill({ result: { data: { count: 1 } } }),
      ...Array(8).fill({ error: { data: { error: "rate-limited" } } }),
    ]);
    expect(rest.status).toBe(429);
    for (const { headers } of [second, rest]) expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
  } finally {
    await api.close();
  }
});

test.for(["/api/v1/notes/fail", "/trpc/notes.fail", "/trpc/notes.fail?batch=1"])(
  "what is away for a moment says when to come back: %s",
  async (path, { api }) => {
    const input = { how: "down" };
    const { status, headers } = await fetch(
      api.url + path,
      write(JSON.stringify(path.includes("batch") ? [input] : input)),
    );
    expect([status, headers.get("retry-after")]).toEqual([503, "1"]);
  },
);

test("what is not HTTP gets the table's body too", async ({ api }) => {
  const { hostname, port } = new URL(api.url);
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write("hello\r\n\r\n"));
    let text = "";
    socket
      .on("data", (data) => (text += data))
      .on("close", () => resolve(text))
      .on("error", reject);
  });

  expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  expect(answer).toContain('"error":"validation.failed"');
});
