import { describe, expect, test } from "vitest";
import { readConfig } from "./config.ts";

const acme = { name: "acme", label: "Acme", issuer: "https://id.acme.example", clientId: "id", clientSecret: "secret" };
const providers = (...all: object[]) => ({ OIDC_PROVIDERS: JSON.stringify(all) });

describe("the settings of sign-in", () => {
  test("name several issuers", () => {
    const config = readConfig(providers(acme, { ...acme, name: "other", scopes: ["openid"], trustEmail: true }));
    expect(config.OIDC_PROVIDERS).toEqual([
      { ...acme, scopes: ["openid", "email", "profile"], trustEmail: false },
      { ...acme, name: "other", scopes: ["openid"], trustEmail: true },
    ]);
  });

  test("take hosts of one's own, without a slash at the end", () => {
    expect(readConfig({ GITLAB_URL: "https://git.acme.example/" }).GITLAB_URL).toBe("https://git.acme.example");
  });

  test.for([
    ["an identity without its secret", { GITHUB_CLIENT_ID: "id" }, /GITHUB_CLIENT_SECRET: required/],
    ["what is no JSON", { OIDC_PROVIDERS: "acme" }, /OIDC_PROVIDERS: is no JSON/],
    ["an issuer that lacks something", providers({ ...acme, clientSecret: "" }), /OIDC_PROVIDERS/],
    ["an issuer with an unknown key", providers({ ...acme, secret: "x" }), /OIDC_PROVIDERS/],
    ["a name that is no part of an address", providers({ ...acme, name: "a/b" }), /OIDC_PROVIDERS/],
    ["the name of another provider", providers({ ...acme, name: "github" }), /OIDC_PROVIDERS/],
    ["one name twice", providers(acme, acme), /OIDC_PROVIDERS: two have the same name/],
    ["an issuer that is no web address", providers({ ...acme, issuer: "file:///etc/passwd" }), /OIDC_PROVIDERS/],
    ["trust in every tenant there is", { ENTRA_TENANT: "common", ENTRA_TRUST_EMAIL: "true" }, /ENTRA_TRUST_EMAIL/],
    ["a tenant that leads elsewhere", { ENTRA_TENANT: "../evil" }, /ENTRA_TENANT/],
    ["a key that is too short", { SECRETS_KEYS: "short" }, /SECRETS_KEYS/],
  ] as [string, Record<string, string>, RegExp][])("refuse %s, by name", ([, env, problem]) => {
    expect(() => readConfig(env)).toThrow(problem);
  });

  test.for([
    ["GITHUB_URL", { GITHUB_URL: "http://github.acme.example" }],
    ["GITLAB_URL", { GITLAB_URL: "http://git.acme.example" }],
    ["OIDC_PROVIDERS", providers({ ...acme, issuer: "http://id.acme.example" })],
  ] as [string, Record<string, string>][])("refuse a %s without TLS in production", ([name, env]) => {
    expect(() => readConfig({ NODE_ENV: "production", ...env })).toThrow(`${name}: `);
    expect(() => readConfig(env)).not.toThrow();
  });
});
