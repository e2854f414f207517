import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { RequestHandler } from "express";
import type { App, Origin } from "../context.ts";
import { observeRequest } from "../platform/metrics.ts";
import { serviceOf } from "../platform/named-services.ts";

/** What the edge knows about a request while it lasts; the log line and the metrics are made of it. */
export interface RequestRecord {
  readonly origin: Origin;
  readonly startedAt: number;
  route: "trpc" | "rest" | "other";
  /** Of the first call, when the request is one of procedures. */
  procedure: string | null;
  userId: string | null;
}

const records = new WeakMap<IncomingMessage, RequestRecord>();

/** @throws Error for a request that did not come in through `beginRequest` */
export function recordOf(req: IncomingMessage): RequestRecord {
  const record = records.get(req);
  if (!record) throw new Error("The request has no record");
  return record;
}

/** Names what is called where there is no procedure: for the log, the metrics and traces. */
export const calls =
  (procedure: string): RequestHandler =>
  (req, _res, next) => {
    recordOf(req).procedure = procedure;
    next();
  };

const visibleAscii = /^[\x21-\x7e]{1,128}$/;

/** Opens the record of a request; when the response is over, writes the log line and counts it. */
export function beginRequest(app: App, req: IncomingMessage, res: ServerResponse, ip: string): RequestRecord {
  const given = req.headers["x-request-id"];
  const record: RequestRecord = {
    origin: {
      requestId: typeof given === "string" && visibleAscii.test(given) ? given : randomUUID(),
      ip,
      userAgent: req.headers["user-agent"]?.slice(0, 500) ?? "",
    },
    startedAt: performance.now(),
    route: "other",
    procedure: null,
    userId: null,
  };
  records.set(req, record);
  const path = pathOf(req.url ?? "/"); // Express shortens req.url on its way
  res.once("close", () => endRequest(app, req, res, path, record));
  return record;
}

function endRequest(app: App, req: IncomingMessage, res: ServerResponse, path: string, record: RequestRecord): void {
  const durationMs = performance.now() - record.startedAt;
  const status = res.writableFinished ? res.statusCode : 499; // the caller left before the end
  observeRequest(record.route, methodLabel(req.method), status, durationMs);
  if (!app.log.isLevelEnabled("info")) return;
  app.log.info(
    {
      ...identify(record),
      method: req.method,
      path,
      status,
      duration_ms: Math.round(durationMs * 100) / 100,
    },
    "request served",
  );
}

/** The fields by which the lines of one request are found. */
export const identify = (record: RequestRecord) => ({
  service: record.procedure ? serviceOf(record.procedure) : "taskwire",
  request_id: record.origin.requestId,
  user_id: record.userId,
  ip: record.origin.ip,
});

/** Without the query, which may carry what a log must not. */
function pathOf(url: string): string {
  const end = url.indexOf("?");
  return (end < 0 ? url : url.slice(0, end)).slice(0, 500);
}

const knownMethods = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);
const methodLabel = (method: string | undefined) => (method && knownMethods.has(method) ? method : "other");
