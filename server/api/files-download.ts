import { pipeline } from "node:stream/promises";
import { create as contentDisposition } from "content-disposition";
import type { Request, Response } from "express";
import type { App } from "../context.ts";
import type { Download } from "../domain/files/download.ts";
import { canBeShown } from "../domain/files/media-type.ts";
import { streamed } from "../platform/stream-garbage.ts";
import { logFailure } from "./call.ts";

/** Whatever the bytes are: nothing in them runs, loads or is taken for another type. */
const sandbox = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src 'self'; sandbox";

/** Answers bytes: whole, a range of them (RFC 9110 §14), or 304 to who has them already. */
export async function sendDownload(app: App, req: Request, res: Response, found: Download): Promise<void> {
  const sizeBytes = found.sizeBytes ?? (await app.store.sizeOf(found.objectKey)) ?? 0;
  const type = found.attachment || !canBeShown(found.mediaType) ? "attachment" : "inline";
  res.setHeader("content-disposition", contentDisposition(found.name, { type }));
  res.setHeader("content-type", found.mediaType === "text/plain" ? "text/plain; charset=utf-8" : found.mediaType);
  res.setHeader("x-content-type-options", "nosniff");
  res.setHeader("content-security-policy", sandbox);
  res.setHeader("cache-control", "private, no-cache"); // kept, but asked for again: rights may end
  res.setHeader("accept-ranges", "bytes");
  res.setHeader("etag", found.etag);
  res.setHeader("last-modified", new Date(found.modifiedAt).toUTCString());

  delete req.headers["cache-control"]; // fetch sends no-cache along with conditions of one's own; they count all the same
  if (req.fresh) {
    for (const name of ["content-disposition", "content-type"]) res.removeHeader(name);
    res.status(304).end();
    return;
  }
  const range = rangeOf(req, res, sizeBytes);
  if (range === "unsatisfiable") {
    for (const name of ["content-disposition", "etag", "last-modified"]) res.removeHeader(name);
    res.setHeader("content-range", `bytes */${sizeBytes}`);
    res.setHeader("content-type", "application/json; charset=utf-8");
    res.status(416).json({
      error: "validation.failed",
      message: `The file has ${sizeBytes} bytes.`,
      details: { sizeBytes },
    });
    return;
  }
  if (range) {
    res.status(206).setHeader("content-range", `bytes ${range.start}-${range.end}/${sizeBytes}`);
    res.setHeader("content-length", range.end - range.start + 1);
  } else res.setHeader("content-length", sizeBytes);
  if (req.method === "HEAD" || sizeBytes === 0) {
    res.end();
    return;
  }
  const bytes = await app.store.get(found.objectKey, range ?? undefined);
  bytes.on("data", (chunk: Buffer) => streamed(chunk.length)); // sees what the pipeline takes, at its pace
  try {
    await pipeline(bytes, res);
  } catch (error) {
    // The caller left, which is theirs to do; or the store broke off, and the connection told them so.
    if ((error as NodeJS.ErrnoException).code !== "ERR_STREAM_PREMATURE_CLOSE")
      logFailure(app, req, "files.bytes", error);
    res.destroy();
  }
}

/** The one range that is asked for; null for all: several at once would cost more than they save. */
function rangeOf(req: Request, res: Response, sizeBytes: number) {
  if (req.headers.range === undefined || !isSame(req, res)) return null;
  const ranges = req.range(sizeBytes, { combine: true });
  if (ranges === -1) return "unsatisfiable";
  if (ranges === undefined || ranges === -2 || ranges.type !== "bytes" || ranges.length !== 1) return null;
  return ranges[0] ?? null;
}

/** Whether the range is asked of these very bytes. */
function isSame(req: Request, res: Response): boolean {
  const condition = req.headers["if-range"];
  if (condition === undefined) return true;
  if (String(condition).startsWith('"')) return condition === res.getHeader("etag");
  return Date.parse(String(condition)) === Date.parse(String(res.getHeader("last-modified")));
}
