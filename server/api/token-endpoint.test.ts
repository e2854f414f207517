import { describe, expect, test } from "vitest";
import { sceneOf } from "../testing/files.ts";

const scene = sceneOf();
const form = "application/x-www-form-urlencoded";

async function client() {
  const { organization, owner } = await scene().organization();
  const { clientId, clientSecret } = await scene()
    .caller(owner)
    .serviceAccounts.create({
      ...{ organizationId: organization.id, name: "Program", role: "guest", scopes: ["account", "task.read"] },
    });
  return { clientId, clientSecret, basic: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString("base64")}` };
}
interface Answer {
  access_token: string;
  scope: string;
}
type Client = Awaited<ReturnType<typeof client>>;

const send = (headers: Record<string, string>, body: string, slash = "") =>
  fetch(`${scene().url}/api/v1/auth/token${slash}`, { method: "POST", headers, body });
const grant = { grant_type: "client_credentials" };
const encode = (fields: Record<string, string>) => new URLSearchParams(fields).toString();

describe("a token is given to", () => {
  test.for<[string, (c: Client) => Promise<Response>]>([
    ["a form with HTTP Basic", (c) => send({ authorization: c.basic, "content-type": form }, encode(grant))],
    [
      "a form with everything in it",
      (c) => send({ "content-type": form }, encode({ ...grant, client_id: c.clientId, client_secret: c.clientSecret })),
    ],
    [
      "a form with a charset and the id twice alike",
      (c) =>
        send(
          { authorization: c.basic, "content-type": `${form}; charset=UTF-8` },
          encode({ ...grant, client_id: c.clientId }),
        ),
    ],
    [
      "JSON",
      (c) =>
        send(
          { "content-type": "application/json" },
          JSON.stringify({ ...grant, client_id: c.clientId, client_secret: c.clientSecret }),
        ),
    ],
    [
      "JSON with HTTP Basic, with a slash",
      (c) => send({ authorization: c.basic, "content-type": "application/json" }, JSON.stringify(grant), "/"),
    ],
  ])("%s", async ([, ask]) => {
    const response = await ask(await client());
    expect(response.status).toBe(200);
    expect(response.headers.get("cache-control")).toBe("no-store");
    const answer = (await response.json()) as Answer;
    expect(answer).toEqual({
      ...{ access_token: expect.any(String), token_type: "Bearer", expires_in: expect.any(Number) },
      scope: "account task.read",
    });
    const me = await fetch(`${scene().url}/api/v1/auth/me`, {
      headers: { authorization: `Bearer ${answer.access_token}` },
    });
    expect(await me.json()).toMatchObject({ user: { kind: "service", name: "Program" } });
  });

  test("whoever asks for less, with less", async () => {
    const { basic } = await client();
    const response = await send(
      { authorization: basic, "content-type": form },
      encode({ ...grant, scope: "task.read" }),
    );
    const { access_token, scope } = (await response.json()) as Answer;
    expect(scope).toBe("task.read");
    const headers = { authorization: `Bearer ${access_token}` };
    const me = await fetch(`${scene().url}/api/v1/auth/me`, { headers });
    expect([me.status, await me.json()]).toMatchObject([
      403,
      { error: "access.denied", details: { scope: "account" } },
    ]);
  });
});

describe("RFC 6749 §5.2", () => {
  test.for<[string, number, string, (c: Client) => Promise<Response>]>([
    ["no grant", 400, "invalid_request", (c) => send({ authorization: c.basic, "content-type": form }, "")],
    [
      "another grant",
      400,
      "unsupported_grant_type",
      (c) => send({ authorization: c.basic, "content-type": form }, encode({ grant_type: "password" })),
    ],
    ["nobody", 401, "invalid_client", () => send({ "content-type": form }, encode(grant))],
    [
      "a wrong secret",
      401,
      "invalid_client",
      (c) =>
        send(
          { "content-type": form },
          encode({ ...grant, client_id: c.clientId, client_secret: `tws_${"0".repeat(49)}` }),
        ),
    ],
    [
      "another client's id",
      401,
      "invalid_client",
      (c) =>
        send(
          { "content-type": form },
          encode({ ...grant, client_id: crypto.randomUUID(), client_secret: c.clientSecret }),
        ),
    ],
    [
      "another scheme",
      401,
      "invalid_client",
      (c) => send({ authorization: `Bearer ${c.clientSecret}`, "content-type": form }, encode(grant)),
    ],
    [
      "credentials in two places",
      400,
      "invalid_request",
      (c) =>
        send({ authorization: c.basic, "content-type": form }, encode({ ...grant, client_secret: c.clientSecret })),
    ],
    [
      "a field twice",
      400,
      "invalid_request",
      (c) => send({ authorization: c.basic, "content-type": form }, `${encode(grant)}&${encode(grant)}`),
    ],
    [
      "a scope that is not the account's",
      400,
      "invalid_scope",
      (c) => send({ authorization: c.basic, "content-type": form }, encode({ ...grant, scope: "task.purge" })),
    ],
    [
      "a scope that is none",
      400,
      "invalid_scope",
      (c) => send({ authorization: c.basic, "content-type": form }, encode({ ...grant, scope: "everything" })),
    ],
    [
      "another type of body",
      400,
      "invalid_request",
      (c) => send({ authorization: c.basic, "content-type": "text/plain" }, encode(grant)),
    ],
    [
      "broken JSON",
      400,
      "invalid_request",
      (c) => send({ authorization: c.basic, "content-type": "application/json" }, "{"),
    ],
    [
      "no object",
      400,
      "invalid_request",
      (c) => send({ authorization: c.basic, "content-type": "application/json" }, "[]"),
    ],
    [
      "a number for a text",
      400,
      "invalid_request",
      (c) => send({ authorization: c.basic, "content-type": "application/json" }, JSON.stringify({ grant_type: 1 })),
    ],
  ])("%s: %i %s", async ([, status, error, ask]) => {
    const response = await ask(await client());
    const body = await response.json();
    expect([response.status, body]).toMatchObject([
      status,
      { error, error_description: expect.any(String), message: expect.any(String), details: {} },
    ]);
    expect(response.headers.get("www-authenticate")).toBe(
      error === "invalid_client" ? 'Basic realm="taskwire", charset="UTF-8"' : null,
    );
    expect(response.headers.get("cache-control")).toBe("no-store");
  });
});

test("admins read who got a token, and who did not", async () => {
  const { organization, owner } = await scene().organization();
  const organizationId = organization.id;
  const { clientId, clientSecret } = await scene()
    .caller(owner)
    .serviceAccounts.create({
      ...{ organizationId, name: "Program", role: "guest", scopes: ["account"] },
    });
  const ask = (id: string) =>
    send({ "content-type": form }, encode({ ...grant, client_id: id, client_secret: clientSecret }));
  await ask(clientId);
  await ask(crypto.randomUUID());
  const actions = ["service-account.signed-in", "service-account.refused"];
  const { items } = await scene().caller(owner).audit.list({ organizationId, actions });
  expect(items.map(({ action }) => action)).toEqual(actions.toReversed());
});
