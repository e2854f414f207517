import { Validator } from "@seriousme/openapi-schema-validator";
import { describe, expect } from "vitest";
import { appRouter } from "../../routers/index.ts";
import { serve, test } from "./api.fixture.ts";
import { openApiDocument } from "./openapi.ts";

test("the first page leads to the others", async ({ api }) => {
  const { links, ...about } = (await (await fetch(api.url)).json()) as { links: Record<string, string> };

  expect(about).toMatchObject({ name: "taskwire", version: expect.stringMatching(/^\d+\.\d+\.\d+/) });
  for (const path of ["docs", "openapi", "health"].map((link) => links[link]))
    expect((await fetch(api.url + path)).status).toBe(200);
});

describe("the OpenAPI document", () => {
  test("of the whole product is valid, and complete", async ({ api }) => {
    const document = JSON.parse(openApiDocument(appRouter, api.app.config));

    const result = await new Validator().validate(structuredClone(document));

    expect(result.errors ?? []).toEqual([]);
    expect(document.openapi).toBe("3.1.0");
    const operations = Object.values(document.paths).flatMap((item) => Object.values(item as object));
    expect(operations.map(({ operationId }) => operationId).sort()).toEqual(
      Object.keys(appRouter._def.procedures).sort(),
    );
    for (const operation of operations) {
      expect(operation.tags).toEqual([operation.operationId.split(".")[0]]);
      expect(operation.summary).toBeTruthy();
      for (const [status, response] of Object.entries(operation.responses)) {
        if (status === "200" || operation.operationId === "auth.token") continue;
        const name = status === "304" ? "notModified" : `error${status}`;
        expect(response).toEqual({ $ref: `#/components/responses/${name}` });
        expect(document.components.responses).toHaveProperty(name);
      }
    }
  });

  test("has every status that an operation answered with, and the headers that go with it", async ({ api }) => {
    const { paths, components } = JSON.parse(await (await fetch(`${api.url}/openapi.json`)).text());
    const json = { "content-type": "application/json" };
    const answers = [
      ["/notes/count", "get", {}],
      ["/notes/count", "get", { headers: { "if-none-match": "*" } }],
      ["/notes/count?stray=1", "get", {}],
      ["/notes/fail", "post", { headers: { "content-type": "text/plain" }, body: "{}" }],
      ["/notes/fail", "post", { headers: json, body: '{"how":"down"}' }],
      ["/notes/fail", "post", { headers: json, body: '{"how":"stale"}' }],
    ] as const;
    for (const [path, method, init] of answers) {
      const { status, headers } = await fetch(`${api.url}/api/v1${path}`, { method, ...init });
      const described = paths[path.split("?")[0] as string][method].responses[status];
      expect(described, `${path} ${status}`).toBeDefined();
      const { headers: named = {} } = described.$ref
        ? components.responses[described.$ref.split("/").at(-1)]
        : described;
      for (const name of ["etag", "retry-after"])
        expect(
          Object.keys(named).some((key) => key.toLowerCase() === name),
          `${path} ${status} ${name}`,
        ).toBe(headers.has(name));
    }
  });

  test("tells of the token endpoint what OAuth has there", async ({ api }) => {
    const { paths, components } = JSON.parse(openApiDocument(appRouter, api.app.config));
    const { requestBody, responses, security, parameters } = paths["/auth/token"].post;
    const [form, json] = ["application/x-www-form-urlencoded", "application/json"];
    expect(Object.keys(requestBody.content)).toEqual([form, json]);
    const { schema, example } = requestBody.content[form as string];
    expect(schema.required).toEqual(["grant_type"]); // the client may come by HTTP Basic
    expect(Object.keys(schema.properties).sort()).toEqual(["client_id", "client_secret", "grant_type", "scope"]);
    expect(example).toMatchObject({ grant_type: "client_credentials" });
    expect(security).toEqual([{ clientBasic: [] }, {}]);
    expect(parameters).toEqual([]);
    for (const [status, response] of Object.entries<{ content: Record<string, object> }>(responses)) {
      if (status === "200") continue;
      expect(response.content["application/json"]).toMatchObject({
        schema: { $ref: "#/components/schemas/OauthError" },
      });
    }
    expect(components.schemas.OauthError.properties.error.enum).toContain("unsupported_grant_type");
    // What is told is what is answered.
    const refused = await fetch(`${api.url}/api/v1/auth/token`, {
      method: "POST",
      body: new URLSearchParams({ grant_type: "password" }),
    });
    expect(Object.keys(responses)).toContain(String(refused.status));
    const answer = (await refused.json()) as { error: string };
    expect(Object.keys(answer).sort()).toEqual([...components.schemas.OauthError.required].sort());
    expect(components.schemas.OauthError.properties.error.enum).toContain(answer.error);
  });

  test("carries examples, permissions and who may call", async ({ api }) => {
    const { paths, components } = JSON.parse(await (await fetch(`${api.url}/openapi.json`)).text());

    const read = paths["/notes/{id}"].get;
    expect(read.parameters).toContainEqual(
      expect.objectContaining({ name: "id", in: "path", required: true, example: "n1" }),
    );
    expect(read.parameters).toContainEqual(expect.objectContaining({ name: "stars", in: "query", example: 3 }));
    expect(read.security).toEqual([{ bearer: [] }, { cookie: [] }]);
    expect(read.responses["200"].content["application/json"].schema.properties).toHaveProperty("stars");
    expect(paths["/notes/count"].get.security).toEqual([]);
    const write = paths["/notes/{id}"].post;
    expect(write.description).toContain("`task.create`");
    expect(write.parameters).toContainEqual({ $ref: "#/components/parameters/idempotencyKey" });
    expect(components.schemas.Error.required).toEqual(["error", "message", "details"]);
    expect(Object.keys(components.schemas).filter((name) => name.startsWith("error."))).toEqual([]);
  });
});

describe("the reference", () => {
  test("loads nothing from elsewhere", async ({ api }) => {
    const response = await fetch(`${api.url}/docs`);
    const html = await response.text();
    const policy = response.headers.get("content-security-policy") ?? "";

    expect(html).not.toMatch(/(src|href)="https?:/);
    expect(html).not.toContain("cdn.jsdelivr.net");
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/https?:|\*/);
    const nonce = /'nonce-([^']+)'/.exec(policy)?.[1];
    for (const [, attributes] of html.matchAll(/<script([^>]*)>/g)) expect(attributes).toContain(`nonce="${nonce}"`);
    expect((await fetch(api.url)).headers.get("content-security-policy")).not.toContain("script-src");
  });

  test("has its script here", async ({ api }) => {
    const html = await (await fetch(`${api.url}/docs/`)).text();
    const source = /src="([^"]+)"/.exec(html)?.[1] ?? "";
    const script = await fetch(api.url + source);

    expect(source).toMatch(/^\/docs\//);
    expect(script.headers.get("content-type")).toMatch(/^text\/javascript/);
    expect(script.headers.get("content-encoding")).toBe("gzip");
    expect(await script.text()).toContain("createApiReference");
  });
});

describe("health", () => {
  const services = ["auth", "user", "project", "task", "time", "file", "comment", "notification", "analytics"];
  test.for(["/health", "/health/live", ...services.map((name) => `/health/${name}-service`)])(
    "%s",
    async (path, { api }) => {
      const response = await fetch(api.url + path);

      expect(response.status).toBe(200);
      expect(await response.json()).toEqual({
        status: "healthy",
        service: path.endsWith("-service") ? path.slice("/health/".length) : "taskwire",
        timestamp: expect.stringMatching(/Z$/),
        version: expect.stringMatching(/^\d+\./),
      });
    },
  );

  test("readiness names each dependency", async ({ api }) => {
    const response = await fetch(`${api.url}/health/ready`);

    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      status: "healthy",
      dependencies: { database: { status: "up", latencyMs: expect.any(Number) } },
    });
  });

  test.for([
    ["a required dependency is down", true, false, 503, "unhealthy"],
    ["another dependency is down", false, false, 200, "healthy"],
    ["the process is about to stop", false, true, 503, "draining"],
  ] as const)("when %s", async ([, required, isDraining, status, said], { database }) => {
    const broker = { check: () => Promise.reject(new Error("down")), required };
    const api = await serve(database, {}, { dependencies: { broker }, isDraining: () => isDraining });
    try {
      const response = await fetch(`${api.url}/health/ready`);
      expect(response.status).toBe(status);
      expect(await response.json()).toMatchObject({ status: said, dependencies: { broker: { status: "down" } } });
    } finally {
      await api.close();
    }
  });
});

test("metrics are Prometheus' text, by service and procedure", async ({ api }) => {
  await fetch(`${api.url}/api/v1/auth/login`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
  await fetch(`${api.url}/trpc/notes.count`);
  const read = async () => (await fetch(`${api.url}/metrics`)).text();

  await expect
    .poll(read)
    .toContain('taskwire_http_request_duration_seconds_count{route="trpc",method="GET",status="200"}');
  const text = await read();
  expect(text).toMatch(
    /taskwire_procedure_duration_seconds_count\{service="auth-service",procedure="auth.login",status="validation.failed"\} [1-9]/,
  );
  expect(text).toMatch(/taskwire_database_pool\{state="idle"\} \d/);
  expect(text).toContain("# TYPE taskwire_feed_changes_total counter");
  expect(text).toContain("nodejs_eventloop_lag_seconds");
});

test("the public keys are where RFC 8414 readers look", async ({ api }) => {
  expect(await (await fetch(`${api.url}/.well-known/jwks.json`)).json()).toEqual({ keys: [] });
});

test("a process without the api role serves pages and no procedures", async ({ database }) => {
  const api = await serve(database, {}, { serveProcedures: false });
  try {
    expect((await fetch(`${api.url}/trpc/notes.count`)).status).toBe(404);
    expect((await fetch(`${api.url}/health`)).status).toBe(200);
  } finally {
    await api.close();
  }
});
