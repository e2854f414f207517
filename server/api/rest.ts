import type { IncomingMessage, ServerResponse } from "node:http";
import type { AnyRouter } from "@trpc/server";
import type { App } from "../context.ts";
import { AppError, errorCodes, invalid, toAppError } from "../errors.ts";
import { readyOf } from "../platform/ready-answers.ts";
import { readJson, requireJson } from "./body.ts";
import { type Authenticate, contextFor, logFailure, run } from "./call.ts";
import { HttpRefusal, methodRefused, unknownAddress } from "./http-refusal.ts";
import { recordOf } from "./request.ts";
import { holdsAny, sendError, sendJson, sendRead, sendReady } from "./respond.ts";
import { type RestMatch, restRoutes } from "./rest-routes.ts";
import { valuesOf } from "./rest-values.ts";

const bodyMethods = new Set(["POST", "PUT", "PATCH"]);

/**
 * REST: the procedures at the addresses of their OpenAPI metadata. trpc-to-openapi writes the document, but does not
 * serve: its adapter makes shared schemas coerce from the first request on, also over tRPC ("false" becomes true).
 *
 * @returns a handler for requests below `prefix`
 */
export function restHandler(app: App, router: AnyRouter, authenticate: Authenticate, prefix: string) {
  const routes = restRoutes(router);
  const limitBytes = app.config.BODY_LIMIT_KIB * 1024;

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const record = recordOf(req);
    record.route = "rest";
    const url = req.url ?? "";
    const queryAt = url.indexOf("?");
    const address = queryAt < 0 ? url : url.slice(0, queryAt);
    const match = routes.find(req.method ?? "", address.slice(prefix.length));
    if (!match) throw unknownAddress();
    if ("allowed" in match) {
      if (req.method !== "OPTIONS") throw methodRefused(match.allowed);
      res.setHeader("allow", match.allowed.join(", "));
      res.statusCode = 204;
      res.end();
      return;
    }
    const { procedure, path } = match.route;
    record.procedure = path;
    const input = await inputOf(req, match, new URLSearchParams(queryAt < 0 ? "" : url.slice(queryAt + 1)), limitBytes);
    const isRead = procedure._def.type === "query";
    const ctx = await contextFor(app, authenticate, req, res, isRead ? { holds: holdsAny(req) } : {});
    const outcome = await run(app, req, ctx, { procedure, path, input, index: 0 });
    if (outcome.ok) {
      const ready = readyOf(outcome.data);
      if (ready) return sendReady(req, res, ready);
      const send = isRead ? sendRead : sendSuccess;
      send(req, res, JSON.stringify(outcome.data ?? null));
      return;
    }
    const { error, message, details } = outcome.body;
    sendError(req, res, new AppError(error, message, details));
  }

  return async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    try {
      await answer(req, res);
    } catch (thrown) {
      const error = toAppError(thrown);
      if (error.status >= errorCodes.internal) logFailure(app, req, null, error);
      sendError(req, res, error);
    }
  };
}

const sendSuccess = (req: IncomingMessage, res: ServerResponse, text: string) => sendJson(req, res, 200, text);

/** One object of path, query and body; each key from one place only. */
async function inputOf(
  req: IncomingMessage,
  { route, parameters }: RestMatch,
  query: URLSearchParams,
  limitBytes: number,
): Promise<unknown> {
  const hasBody = bodyMethods.has(req.method ?? "");
  const body = hasBody ? await bodyOf(req, limitBytes) : {};
  const [stray] = hasBody || !route.fields ? query.keys() : [];
  if (stray !== undefined) throw invalid(stray, "This address takes no query.");
  if (!route.fields) {
    if (Object.keys(body).length > 0) throw new HttpRefusal(400, "This address takes no input.");
    return undefined;
  }
  const fromQuery = valuesOf(route.fields, query);
  const fromPath = valuesOf(route.fields, Object.entries(parameters));
  for (const [key, value] of Object.entries(fromPath)) {
    const other = Object.hasOwn(body, key) ? body[key] : fromQuery[key];
    if (other !== undefined && other !== value) throw invalid(key, "The address names another one.");
  }
  return { ...body, ...fromQuery, ...fromPath };
}

async function bodyOf(req: IncomingMessage, limitBytes: number): Promise<Record<string, unknown>> {
  const { headers } = req;
  // Only what no page of another site can send: a form has a type, and a header of ours needs a preflight.
  const isEmpty =
    headers["content-type"] === undefined && !headers["transfer-encoding"] && !Number(headers["content-length"]);
  if (isEmpty && headers.authorization !== undefined) return {};
  requireJson(req);
  const body = (await readJson(req, limitBytes)) ?? {};
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new HttpRefusal(400, "The body must be a JSON object.");
  }
  return body as Record<string, unknown>;
}
