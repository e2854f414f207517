import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { gitHubProvider } from "./github.ts";
import { oidcProvider } from "./oidc.ts";

const request = { state: "state", nonce: "nonce", codeVerifier: "v".repeat(43) };
/** Nobody waits longer for these providers; far below the seven of what `test` itself allows. */
const timeoutMs = 150;

/** A provider that answers but for one path, where it takes the request and falls silent. */
let silent: { path: string; afterHead: boolean };
let url = "";
const head = (res: ServerResponse) => res.writeHead(200, { "content-type": "application/json" });
const server = createServer((req, res) => {
  const { pathname } = new URL(req.url ?? "/", "http://localhost");
  if (pathname === silent.path) return silent.afterHead ? void head(res).write('{"') : undefined;
  head(res).end(JSON.stringify(answers[pathname]?.() ?? {}));
});
const answers: Record<string, () => object> = {
  "/.well-known/openid-configuration": () => ({
    issuer: url,
    authorization_endpoint: `${url}/authorize`,
    token_endpoint: `${url}/token`,
    jwks_uri: `${url}/keys`,
  }),
  // Signed by nobody: enough to be asked whose key it is.
  "/token": () => ({
    access_token: "access",
    token_type: "Bearer",
    id_token: `${Buffer.from('{"alg":"RS256","kid":"one"}').toString("base64url")}.e30.c2ln`,
  }),
  "/login/oauth/access_token": () => ({ access_token: "access", token_type: "Bearer" }),
  "/api/v3/user": () => ({ id: 1, login: "octocat" }),
};

beforeAll(async () => {
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
const client = () => ({
  clientId: "taskwire",
  clientSecret: "secret",
  redirectUri: "http://localhost/back",
  timeoutMs,
});
const oidc = () => oidcProvider({ ...client(), name: "acme", label: "Acme", issuer: url, scopes: ["openid"] });
const gitHub = () => gitHubProvider({ ...client(), url });

describe.for([false, true])("a provider that falls silent, after the head of its answer: %s,", (afterHead) => {
  beforeEach(() => {
    silent = { path: "", afterHead };
  });

  test.for([
    ["/.well-known/openid-configuration", oidc],
    ["/token", oidc],
    ["/keys", oidc],
    ["/login/oauth/access_token", gitHub],
    ["/api/v3/user", gitHub],
    ["/api/v3/user/emails", gitHub],
  ] as const)("at %s is given up after the time it has", async ([path, provider]) => {
    silent.path = path;
    const call = provider().identify({ code: "code", iss: null }, request);
    await expect(call).rejects.toMatchObject({
      code: "upstream.down",
      message: expect.stringContaining("did not answer as it should; try again."),
    });
  });
});
