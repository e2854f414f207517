import { randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { apiReference } from "@scalar/express-api-reference";
import { Router } from "express";
import { version } from "./product.ts";
import { docsPolicy } from "./security-headers.ts";

/** The browsable reference at /docs. Everything it loads comes from this server, so it works without the internet. */
export function docs(): Router {
  let script: Promise<{ plain: string; gzipped: Buffer }> | null = null;
  return Router()
    .get("/scalar.js", async (req, res) => {
      script ??= loadScript();
      const { plain, gzipped } = await script;
      res.setHeader("content-type", "text/javascript; charset=utf-8");
      res.setHeader("cache-control", "public, max-age=86400");
      res.setHeader("vary", "Origin, Accept-Encoding");
      if (req.acceptsEncodings("gzip")) res.setHeader("content-encoding", "gzip").end(gzipped);
      else res.end(plain);
    })
    .get("/", (req, res, next) => {
      const nonce = randomBytes(16).toString("base64");
      res.setHeader("content-security-policy", docsPolicy(nonce));
      const page = apiReference({
        url: "/openapi.json",
        cdn: `/docs/scalar.js?${version}`,
        nonce,
        pageTitle: "Taskwire API",
        withDefaultFonts: false,
        telemetry: false,
        hideClientButton: true,
        showDeveloperTools: "never",
        authentication: { preferredSecurityScheme: "bearer" },
        persistAuth: true,
        agent: { disabled: true },
        mcp: { disabled: true },
      });
      page(req as never, res, next);
    });
}

/**
 * Scalar's bundle. The Fastify plugin is the one integration that carries it (the package it is built from would bring
 * 270 others); so the plugin is asked for its routes, and one of them for its answer.
 */
async function loadScript(): Promise<{ plain: string; gzipped: Buffer }> {
  const { default: plugin } = await import("@scalar/fastify-api-reference");
  const routes: { url: string; handler(request: unknown, reply: unknown): unknown }[] = [];
  const host = {
    log: console,
    hasPlugin: () => false,
    initialConfig: {},
    route: (route: (typeof routes)[number]) => void routes.push(route),
  };
  (plugin as unknown as (host: unknown, options: object, next: () => void) => void)(
    host,
    { routePrefix: "/docs", configuration: { url: "/openapi.json" } },
    () => {},
  );
  const reply = { header: () => reply, send: (text: string) => text };
  const plain = routes.find(({ url }) => url.endsWith(".js"))?.handler({}, reply);
  if (typeof plain !== "string") throw new Error("Scalar's plugin has no script");
  return { plain, gzipped: await promisify(gzip)(plain) };
}
