import { createHash, randomUUID } from "node:crypto";
import getPort from "get-port";
import { appRouter } from "../../routers/index.ts";
import { createApi } from "../api.ts";
import type { App } from "../context.ts";
import { openTestApp } from "../testing/app.ts";
import { Browser } from "../testing/browser.ts";
import { client, type Issuer, type Somebody, startIssuer } from "../testing/issuer.ts";
import { Scene, test as withScene } from "../testing/scene.ts";
import { createHttpServer } from "./http-server.ts";

/** A server that lets people sign in with an issuer called `acme`, both listening. */
export interface Site {
  readonly url: string;
  readonly app: App;
  readonly scene: Scene;
  readonly issuer: Issuer;
  /** Where sign-ins may return to. */
  readonly page: string;
  close(): Promise<void>;
}

const verifier = "v".repeat(50);
const challenge = createHash("sha256").update(verifier).digest("base64url");
export const pkce = { verifier, challenge };

export async function openSite(env: Record<string, string> = {}): Promise<Site> {
  const port = await getPort();
  const url = `http://127.0.0.1:${port}`;
  const issuer = await startIssuer(`${url}/auth/acme/callback`);
  const acme = { name: "acme", label: "Acme", issuer: issuer.url, ...client };
  const { app, close } = await openTestApp({
    PUBLIC_URL: url,
    CORS_ORIGINS: "https://app.example.test",
    SIGN_IN_RETURN_URIS: "com.example.tasks:/signed-in",
    AUTH_LIMIT_PER_MINUTE: "100000",
    OIDC_PROVIDERS: JSON.stringify([acme]),
    ...env,
  });
  const server = createHttpServer(createApi({ app, router: appRouter }));
  await new Promise<void>((listening) => server.listen(port, "127.0.0.1", listening));
  return {
    url,
    app,
    scene: new Scene(app),
    issuer,
    page: "https://app.example.test/welcome",
    async close() {
      await new Promise<void>((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      });
      await issuer.close();
      await close();
    },
  };
}

/** Somebody whom only the issuer knows yet. */
export const newcomer = (claims: Partial<Somebody> = {}): Somebody => {
  const sub = randomUUID();
  return { sub, email: `${sub}@example.test`, email_verified: true, name: "Grace Hopper", ...claims };
};

/** Begins a sign-in and goes through with it, up to the address that it returns to. */
export function signInAs(site: Site, somebody: Somebody | null, browser = new Browser(), query = ""): Promise<URL> {
  site.issuer.somebody = somebody;
  const start = `${site.url}/auth/acme/start?return_to=${encodeURIComponent(site.page)}${query}`;
  return browser.follow(start, site.page);
}

/** The same for a client that takes a code. */
export async function codeFor(site: Site, somebody: Somebody): Promise<{ code: string; codeVerifier: string }> {
  const returned = await signInAs(site, somebody, new Browser(), `&mode=code&code_challenge=${challenge}`);
  return { code: returned.searchParams.get("code") ?? "", codeVerifier: verifier };
}

/** `test` with a site that the tests of a file share. */
// biome-ignore lint/correctness/noEmptyPattern: vitest reads the fixtures needed from the pattern
export const test = withScene.extend("site", { scope: "file" }, async ({}, { onCleanup }) => {
  const site = await openSite();
  onCleanup(() => site.close());
  return site;
});
