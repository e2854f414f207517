import type { IncomingMessage, ServerResponse } from "node:http";
import { Router } from "express";
import { z } from "zod";
import type { Actor, App, PublicCtx } from "../context.ts";
import { type DownloadInput, download, downloadInput, openLink } from "../domain/files/download.ts";
import { downloadShared, openShareLink } from "../domain/files/open-share-link.ts";
import { invalid, notFound } from "../errors.ts";
import { readJson, requireJson } from "./body.ts";
import { type Authenticate, contextFor, drawCall, signedIn } from "./call.ts";
import { sendDownload } from "./files-download.ts";
import { takeUpload } from "./files-upload.ts";
import { calls, recordOf } from "./request.ts";
import { sendJson } from "./respond.ts";
import { valuesOf } from "./rest-values.ts";

/**
 * Bytes of files, below /files:
 *
 * - `POST /files` takes one as `multipart/form-data`
 * - `GET /files/{fileId}/content` answers one, to whoever may read it
 * - `GET /files/links/{token}/{name}` is what `files.link` answered
 * - `GET /files/shared/{token}` follows a share link, `POST` with `{"password": …}` one that asks for it
 * - `PUT /files/parts/{token}` takes a part of a direct upload, where files are kept in a directory
 */
export function files(app: App, authenticate: Authenticate): Router {
  const router = Router();
  return router
    .use(calls("files.bytes"))
    .post("/", async (req, res) => {
      const ctx = await signedIn(app, authenticate, req, res, "file.upload");
      sendJson(req, res, 200, JSON.stringify(await takeUpload(ctx, req, res)));
    })
    .get("/:fileId/content", async (req, res) => {
      const ctx = await signedIn(app, authenticate, req, res, "file.read");
      const query = new URLSearchParams(req.query as Record<string, string>);
      const input = parse({ ...valuesOf(fields, query), fileId: req.params.fileId });
      await sendDownload(app, req, res, await download(ctx, input));
    })
    .get("/links/:token/:name", async (req, res) => {
      const ctx = await outsider(app, req, res);
      const { userId, ...input } = await openLink(ctx, req.params.token);
      const reader: Actor = { userId, sessionId: userId };
      recordOf(req).userId = userId;
      await sendDownload(app, req, res, await download({ ...ctx, actor: reader }, parse(input)));
    })
    .get("/shared/downloads/:token/:name", async (req, res) => {
      const ctx = await outsider(app, req, res);
      await sendDownload(app, req, res, await downloadShared(ctx, req.params.token));
    })
    .head("/shared/:token", (_req, res) => void res.status(204).end()) // previews of links are no downloads
    .get("/shared/:token", async (req, res) => {
      const ctx = await outsider(app, req, res);
      res.redirect(303, (await openShareLink(ctx, req.params.token, null)).url);
    })
    .post("/shared/:token", async (req, res) => {
      const ctx = await outsider(app, req, res);
      requireJson(req);
      const body = passwordBody.safeParse(await readJson(req, 4_096));
      if (!body.success) throw invalid("password", 'Send {"password": …}.');
      const opened = await openShareLink(ctx, req.params.token, body.data.password ?? null);
      sendJson(req, res, 200, JSON.stringify(opened));
    })
    .put("/parts/:token", async (req, res) => {
      if (!app.store.receivePart) throw notFound("address");
      const length = req.headers["content-length"];
      await app.store.receivePart(req.params.token, length === undefined ? null : Number(length), req);
      res.status(200).end();
    });
}

/** Whoever it is, no credential counts but the link. */
async function outsider(app: App, req: IncomingMessage, res: ServerResponse): Promise<PublicCtx> {
  const ctx = await contextFor(app, async () => null, req, res);
  await drawCall(ctx);
  return ctx;
}

const passwordBody = z.strictObject({ password: z.string().max(200).optional() });

const fields = downloadInput.shape;

function parse(given: unknown): DownloadInput {
  const parsed = downloadInput.safeParse(given);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw invalid(String(issue?.path[0] ?? ""), issue?.message ?? "is not valid");
}
