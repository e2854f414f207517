import { hash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import compression from "compression";
import type { Request } from "express";
import { type AppError, retryAfterOf, toAppError } from "../errors.ts";
import { type Around, nothingAround } from "../platform/kept-json.ts";
import type { Ready } from "../platform/ready-answers.ts";
import { HttpRefusal } from "./http-refusal.ts";

/** Below this a compressed body is not worth the work. */
const thresholdBytes = 1024;
const compress = compression({ threshold: thresholdBytes }) as unknown as (
  req: IncomingMessage,
  res: ServerResponse,
  next: () => void,
) => void;

/** Ends a response with JSON text, compressed when that is worth it and the caller accepts it. */
export function sendJson(req: IncomingMessage, res: ServerResponse, status: number, text: string): void {
  if (res.headersSent) return;
  res.statusCode = status;
  res.setHeader("content-type", "application/json; charset=utf-8");
  if (text.length < thresholdBytes) {
    res.end(text);
    return;
  }
  const body = Buffer.from(text);
  res.setHeader("content-length", body.length);
  if (!req.headers["accept-encoding"] && !res.hasHeader("vary")) {
    res.end(body);
    return;
  }
  compress(req, res, () => res.end(body));
}

/**
 * Ends a read with its answer and a validator of it, or without a body when the caller holds that very answer
 * (RFC 9110 §8.8.3, §13.1.2). The validator is weak, since the same answer may be compressed or not. Caches may keep
 * it for this caller, but must ask each time.
 */
export function sendRead(req: IncomingMessage, res: ServerResponse, text: string): void {
  if (res.headersSent) return;
  const etag = etagOf(text);
  setReadHeaders(res, etag);
  if (isHeld(req, etag)) endUnchanged(res);
  else sendJson(req, res, 200, text);
}

/** The same for an answer that is ready. Its validator stands for it, and it was compressed before. */
export async function sendReady(
  req: IncomingMessage,
  res: ServerResponse,
  { json, validator }: Ready,
  around: Around = nothingAround,
): Promise<void> {
  if (res.headersSent) return;
  setReadHeaders(res, etagOf(validator));
  if (!json) return endUnchanged(res);
  const [before, after] = around.map((text) => Buffer.from(text)) as [Buffer, Buffer];
  const lengthBytes = before.length + json.text.length + after.length;
  res.setHeader("content-type", "application/json; charset=utf-8");
  if (lengthBytes >= thresholdBytes) {
    res.setHeader("vary", `${res.getHeader("vary")}, Accept-Encoding`);
    if ((req as Request).acceptsEncodings("gzip")) {
      const bytes = await json.gzip(around);
      res.setHeader("content-encoding", "gzip");
      res.setHeader("content-length", bytes.length);
      res.end(bytes);
      return;
    }
  }
  res.setHeader("content-length", lengthBytes);
  res.cork();
  res.write(before);
  res.write(json.text);
  res.end(after);
}

/** Tells operations whether the caller holds an answer that is named by its validator. */
export const holdsAny =
  (req: IncomingMessage) =>
  (validator: string): boolean =>
    isHeld(req, etagOf(validator));

const etagOf = (text: string) => `W/"${hash("sha1", text, "base64url")}"`;

function setReadHeaders(res: ServerResponse, etag: string): void {
  res.setHeader("etag", etag);
  res.setHeader("cache-control", "private, no-cache");
  res.setHeader("vary", "Origin, Authorization, Cookie");
}

function endUnchanged(res: ServerResponse): void {
  res.statusCode = 304;
  res.end();
}

/**
 * Whether the caller holds what an entity tag names: `If-None-Match`, compared weakly (RFC 9110 §13.1.2). Unlike
 * Express' own check it heeds no `Cache-Control: no-cache`, which `fetch` adds to each conditional request.
 */
function isHeld({ headers }: IncomingMessage, etag: string): boolean {
  const held = headers["if-none-match"];
  if (held === undefined) return false;
  const opaque = (tag: string) => tag.trim().replace(/^W\//, "");
  return held.trim() === "*" || held.split(",").some((tag) => opaque(tag) === opaque(etag));
}

/** Ends a response with the error table's body. */
export function sendError(req: IncomingMessage, res: ServerResponse, thrown: unknown): void {
  if (res.headersSent) {
    res.destroy();
    return;
  }
  const error = toAppError(thrown);
  setErrorHeaders(res, error);
  sendJson(req, res, error.status, JSON.stringify(error.toBody()));
}

/** The headers that belong to an error: when to come back, which methods there are, and an end to a body nobody reads. */
export function setErrorHeaders(res: ServerResponse, error: AppError): void {
  if (error instanceof HttpRefusal)
    for (const [name, value] of Object.entries(error.headers)) res.setHeader(name, value);
  const retryAfterSeconds = retryAfterOf(error.toBody());
  if (retryAfterSeconds !== null) res.setHeader("retry-after", retryAfterSeconds);
  if (error.code === "too-large") res.setHeader("connection", "close");
}
