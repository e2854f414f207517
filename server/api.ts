import type { AnyRouter } from "@trpc/server";
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from "express";
import { checkOutputs } from "../routers/trpc.ts";
import { auditExport } from "./api/audit-export.ts";
import { avatars } from "./api/avatars.ts";
import { type Authenticate, logFailure } from "./api/call.ts";
import { crossOrigin } from "./api/cross-origin.ts";
import { devMail, keepsMail } from "./api/dev-mail.ts";
import { docs } from "./api/docs.ts";
import { figureHandler, isFigure } from "./api/figures.ts";
import { files } from "./api/files.ts";
import { type Dependency, health } from "./api/health.ts";
import { HttpRefusal, methodRefused, unknownAddress } from "./api/http-refusal.ts";
import { mail } from "./api/mail.ts";
import { openApiDocument } from "./api/openapi.ts";
import { description, name, version } from "./api/product.ts";
import { beginRequest } from "./api/request.ts";
import { sendError, sendJson } from "./api/respond.ts";
import { restHandler } from "./api/rest.ts";
import { apiHeaders } from "./api/security-headers.ts";
import { signIn } from "./api/sign-in.ts";
import { timeExport } from "./api/time-export.ts";
import { isTokenRequest, tokenEndpoint } from "./api/token-endpoint.ts";
import { trpcHandler } from "./api/trpc.ts";
import type { App } from "./context.ts";
import { authenticate as authenticateRequest } from "./domain/auth/authenticate.ts";
import { AppError, errorCodes, toAppError } from "./errors.ts";
import { metrics, watchProcess } from "./platform/metrics.ts";
import { tracedUntil } from "./platform/tracing.ts";

export interface ApiOptions {
  readonly app: App;
  readonly router: AnyRouter;
  /** Whether tRPC and REST are served; pages and probes always are. */
  readonly serveProcedures?: boolean;
  readonly authenticate?: Authenticate;
  /** The public keys of access tokens (RFC 7517). */
  readonly jwks?: () => unknown;
  /** Besides the database and, where there is one, Redis. */
  readonly dependencies?: Readonly<Record<string, Dependency>>;
  /** True from the moment the process is about to stop. */
  readonly isDraining?: () => boolean;
}

/**
 * Everything that the port answers over HTTP. Calls are served by the first handler, before any of Express' own
 * matching; the rest are pages and probes.
 */
export function createApi({
  app,
  router,
  serveProcedures = true,
  authenticate = authenticateRequest,
  jwks = () => app.tokens.jwks,
  dependencies = {},
  isDraining = () => false,
}: ApiOptions): Express {
  checkOutputs(app.config.NODE_ENV !== "production");
  watchProcess(app.database.pool, app.hub);
  const document = openApiDocument(router, app.config);

  return express()
    .disable("x-powered-by")
    .disable("etag")
    .set("query parser", "simple")
    .set("trust proxy", app.config.TRUST_PROXY)
    .use(entrance(app, isDraining))
    .use(serveProcedures ? calls(app, router, authenticate) : pass)
    .use("/files", serveProcedures ? files(app, authenticate) : pass)
    .use("/avatars", serveProcedures ? avatars(app, authenticate) : pass)
    .use("/auth", serveProcedures ? signIn(app) : pass)
    .use("/audit", serveProcedures ? auditExport(app, authenticate) : pass)
    .use("/time-reports", serveProcedures ? timeExport(app, authenticate) : pass)
    .use("/mail", serveProcedures ? mail(app) : pass)
    .use("/dev/mail", keepsMail(app.config) ? devMail(app.config) : pass)
    .use("/health", health(app, dependencies, isDraining))
    .get("/", (_req, res) => {
      res.json({
        name,
        version,
        description,
        links: { docs: "/docs", openapi: "/openapi.json", health: "/health", trpc: "/trpc", rest: "/api/v1" },
      });
    })
    .get("/openapi.json", (req, res) => sendJson(req, res, 200, document))
    .use("/docs", docs())
    .get("/.well-known/jwks.json", (req, res) => {
      res.setHeader("cache-control", "public, max-age=300");
      sendJson(req, res, 200, JSON.stringify(jwks()));
    })
    .get("/metrics", async (_req, res) => {
      res.setHeader("content-type", metrics.contentType);
      res.end(await metrics.metrics());
    })
    .use(nothingHere)
    .use(failed(app));
}

/** What every response carries, and the record of the request. */
function entrance(app: App, isDraining: () => boolean): RequestHandler {
  const headers = apiHeaders(app.config.publicUrl.startsWith("https:"));
  const cors = crossOrigin(app.config);
  const behindProxy = app.config.TRUST_PROXY > 0;
  return (req, res, next) => {
    const ip = (behindProxy ? req.ip : req.socket.remoteAddress) ?? "";
    const record = beginRequest(app, req, res, ip.startsWith("::ffff:") ? ip.slice(7) : ip);
    for (const [name, value] of headers) res.setHeader(name, value);
    res.setHeader("x-request-id", record.origin.requestId);
    res.setHeader("vary", "Origin");
    if (isDraining()) res.setHeader("connection", "close"); // the next request goes to another node
    const span = {
      name: `${req.method} request`,
      kind: "SERVER",
      parent: req.headers["traceparent"]?.toString(),
    } as const;
    tracedUntil(span, (end) => {
      res.once("close", () => end({ "http.request.method": req.method, "http.response.status_code": res.statusCode }));
      if (req.headers.origin === undefined) next();
      else cors(req, res, next);
    });
  };
}

const pass: RequestHandler = (_req, _res, next) => next();

/** tRPC and REST. */
function calls(app: App, router: AnyRouter, authenticate: Authenticate): RequestHandler {
  const trpc = trpcHandler(app, router, authenticate, "/trpc/");
  const rest = restHandler(app, router, authenticate, "/api/v1");
  const token = tokenEndpoint(app);
  const figure = figureHandler(app, authenticate);
  return (req, res, next) => {
    if (isTokenRequest(req)) void token(req, res);
    else if (req.url.startsWith("/trpc/")) void trpc(req, res);
    else if (isFigure(req.url)) void figure(req, res);
    else if (req.url.startsWith("/api/v1/")) void rest(req, res);
    else next();
  };
}

const pages = /^\/(health|docs)(\/|$)|^\/(openapi\.json|metrics|\.well-known\/jwks\.json)?$/;

const nothingHere: RequestHandler = (req, res) => {
  if (!pages.test(req.path) || req.method === "GET" || req.method === "HEAD") throw unknownAddress();
  const allowed = ["GET", "HEAD", "OPTIONS"];
  if (req.method !== "OPTIONS") throw methodRefused(allowed);
  res.setHeader("allow", allowed.join(", "));
  res.status(204).end();
};

/** Express' own refusals (an address that cannot be decoded) and whatever a page threw. */
const failed =
  (app: App): ErrorRequestHandler =>
  (thrown, req, res, _next) => {
    const status = thrown instanceof AppError ? 0 : Number(thrown?.status ?? 0);
    const error =
      status >= 400 && status < 500 ? new HttpRefusal(400, "The request is malformed.") : toAppError(thrown);
    if (error.status >= errorCodes.internal) logFailure(app, req, null, error);
    sendError(req, res, error);
  };
