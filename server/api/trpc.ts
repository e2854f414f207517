import type { IncomingMessage, ServerResponse } from "node:http";
import { type ParsedUrlQuery, parse } from "node:querystring";
import { type AnyProcedure, type AnyRouter, TRPCError } from "@trpc/server";
import { nodeHTTPRequestHandler } from "@trpc/server/adapters/node-http";
import { getErrorShape } from "@trpc/server/shared";
import { errorBody } from "../../routers/trpc.ts";
import type { App } from "../context.ts";
import { AppError, retryAfterOf, toAppError } from "../errors.ts";
import { readyOf } from "../platform/ready-answers.ts";
import { readJson, requireJson } from "./body.ts";
import { type Authenticate, type Call, contextFor, logFailure, type Outcome, run } from "./call.ts";
import { HttpRefusal, methodRefused } from "./http-refusal.ts";
import { recordOf } from "./request.ts";
import { holdsAny, sendJson, sendRead, sendReady, setErrorHeaders } from "./respond.ts";

const maxBatch = 10;

type Handler = (req: IncomingMessage, res: ServerResponse) => Promise<void>;

/**
 * tRPC over HTTP, for `httpLink` and `httpBatchLink`. tRPC's own adapter turns every request into a Fetch `Request`
 * and its answer back into a Node response, which costs several times the rest of a call; it serves only what streams
 * (`httpBatchStreamLink`).
 *
 * @returns a handler for requests below `prefix`
 */
export function trpcHandler(app: App, router: AnyRouter, authenticate: Authenticate, prefix: string): Handler {
  const procedures = new Map<string, AnyProcedure>(
    Object.entries(router._def.procedures as Record<string, AnyProcedure>),
  );
  const limitBytes = app.config.BODY_LIMIT_KIB * 1024;
  const shape = (error: TRPCError, path?: string) =>
    getErrorShape({ config: router._def._config, error, type: "unknown", path, input: undefined, ctx: undefined });

  function fail(req: IncomingMessage, res: ServerResponse, thrown: unknown): void {
    const error = thrown instanceof AppError ? thrown : toAppError(thrown);
    if (error.code === "internal") logFailure(app, req, null, error);
    setErrorHeaders(res, error);
    const wrapped = new TRPCError({ code: "BAD_REQUEST", message: error.message, cause: error });
    sendJson(req, res, error.status, JSON.stringify({ error: shape(wrapped) }));
  }

  async function callsOf(req: IncomingMessage, batch: boolean, paths: string[], query: ParsedUrlQuery) {
    const found = paths.map((path) => procedures.get(path));
    const types = new Set(found.flatMap((procedure) => procedure?._def.type ?? []));
    if (types.size > 1) throw new AppError("validation.failed", "A batch is of queries or of mutations, not of both.");
    const allowed = types.has("mutation") ? "POST" : "GET";
    if (types.size === 1 && req.method !== allowed) throw methodRefused([allowed]);
    const inputs = req.method === "GET" ? queryInput(query) : await readJson(req, limitBytes);
    if (batch && inputs !== undefined && (inputs === null || typeof inputs !== "object")) {
      throw new HttpRefusal(400, "The input of a batch is an object: the calls' inputs by their index.");
    }
    const inputOf = (index: number) =>
      batch
        ? inputs && Object.hasOwn(inputs as object, index)
          ? (inputs as Record<number, unknown>)[index]
          : undefined
        : inputs;
    return paths.map((path, index) => ({ path, index, procedure: found[index], input: inputOf(index) }));
  }

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const record = recordOf(req);
    record.route = "trpc";
    if (req.method !== "GET" && req.method !== "POST") throw methodRefused(["GET", "POST"]);
    if (req.method === "POST") requireJson(req);
    const { path, query } = addressOf(req.url ?? "", prefix);
    const batch = query["batch"] === "1";
    const paths = batch ? path.split(",") : [path];
    if (paths.length > maxBatch) {
      throw new AppError("validation.failed", `A batch may have ${maxBatch} calls at most.`, { maxBatch });
    }
    const [first] = paths;
    record.procedure = first !== undefined && procedures.has(first) ? first : null;

    if (wantsStream(req)) return stream(req, res, path);
    const calls = await callsOf(req, batch, paths, query);
    const isOneRead = req.method === "GET" && !batch;
    const ctx = await contextFor(app, authenticate, req, res, isOneRead ? { holds: holdsAny(req) } : {});
    const outcomes = await Promise.all(
      calls.map(({ procedure, ...call }) => (procedure ? run(app, req, ctx, { ...call, procedure }) : unknown(call))),
    );
    const [only] = outcomes;
    const ready = isOneRead && only?.ok && readyOf(only.data);
    if (ready) return sendReady(req, res, ready, ['{"result":{"data":', "}}"]);
    send(req, res, batch, calls, outcomes);
  }

  function send(
    req: IncomingMessage,
    res: ServerResponse,
    batch: boolean,
    calls: readonly Omit<Call, "procedure">[],
    outcomes: readonly Outcome[],
  ): void {
    let status = 0;
    let retryAfterSeconds = 0;
    const answers = outcomes.map((outcome, index) => {
      if (outcome.ok) {
        status = merge(status, 200);
        return { result: { data: outcome.data } };
      }
      const error = shape(outcome.error, calls[index]?.path);
      status = merge(status, error.data.httpStatus);
      retryAfterSeconds = Math.max(retryAfterSeconds, retryAfterOf(outcome.body) ?? 0);
      return { error };
    });
    if (retryAfterSeconds > 0) res.setHeader("retry-after", retryAfterSeconds);
    const text = JSON.stringify(batch ? answers : answers[0]);
    if (req.method === "GET" && status === 200) sendRead(req, res, text);
    else sendJson(req, res, status, text);
  }

  /** tRPC's own adapter, for answers that arrive piece by piece. */
  async function stream(req: IncomingMessage, res: ServerResponse, path: string): Promise<void> {
    await nodeHTTPRequestHandler({
      req,
      res,
      path,
      router,
      maxBatchSize: maxBatch,
      maxBodySize: limitBytes,
      createContext: () => contextFor(app, authenticate, req, res),
      onError: ({ error, path }) => {
        if (errorBody(error).error === "internal") logFailure(app, req, path ?? null, error.cause ?? error);
      },
    });
  }

  return async (req, res) => {
    try {
      await answer(req, res);
    } catch (error) {
      fail(req, res, error);
    }
  };
}

function unknown({ path }: { path: string }): Outcome {
  const cause = new AppError("not-found", `There is no procedure "${path.slice(0, 100)}".`);
  const error = new TRPCError({ code: "NOT_FOUND", message: cause.message, cause });
  return { ok: false, error, body: cause.toBody() };
}

/** One status for a batch: what all its calls have, else 207. */
const merge = (status: number, next: number) => (status === 0 || status === next ? next : 207);

const wantsStream = ({ headers }: IncomingMessage) =>
  headers["trpc-accept"] === "application/jsonl" || Boolean(headers.accept?.includes("application/jsonl"));

function addressOf(url: string, prefix: string): { path: string; query: ParsedUrlQuery } {
  const end = url.indexOf("?");
  const encoded = url.slice(prefix.length, end < 0 ? undefined : end);
  try {
    const path = encoded.includes("%") ? decodeURIComponent(encoded) : encoded;
    return { path, query: parse(end < 0 ? "" : url.slice(end + 1)) };
  } catch {
    throw new HttpRefusal(400, "The address is not percent-encoded as it should be.");
  }
}

function queryInput(query: ParsedUrlQuery): unknown {
  const text = query["input"];
  if (!text) return undefined;
  if (typeof text !== "string") throw new HttpRefusal(400, "The query has more than one input.");
  try {
    return JSON.parse(text);
  } catch {
    throw new HttpRefusal(400, "The query's input is not valid JSON.");
  }
}
