import express, { type Request, type RequestHandler, type Response, Router } from "express";
import type { App } from "../context.ts";
import { receiveMail } from "../domain/notifications/receive-mail.ts";
import { readUnsubscribe, unsubscribe } from "../domain/notifications/unsubscribe.ts";
import { AppError, invalid, notFound, toAppError } from "../errors.ts";
import { addressKey } from "../platform/address.ts";
import { hashOfSecret, sameSecret } from "../platform/secrets.ts";
import { contextFor } from "./call.ts";
import { escaped, sendPage } from "./plain-page.ts";
import { calls } from "./request.ts";
import { sendError, sendJson } from "./respond.ts";

/** A mail with its attachments, as most servers limit it. */
const mailLimit = "25mb";
const types = ["message/rfc822", "application/octet-stream"];

/**
 * What letters link to, below /mail:
 *
 * - `GET /mail/unsubscribe?token=…` asks, since programs that look for harm follow links
 * - `POST /mail/unsubscribe?token=…` does it: the button, or a mail program on its own (RFC 8058)
 *
 * and where mail that arrived is handed over, with `Authorization: Bearer <MAIL_INBOUND_SECRET>`:
 *
 * - `POST /mail/inbound` takes it as it is (`message/rfc822`) or as `{ "raw": "…" }`, and answers what came of it
 */
export function mail(app: App): Router {
  return Router()
    .use(calls("notifications.mail"))
    .get("/unsubscribe", (req, res) =>
      withToken(app, req, res, async (ctx, token) => {
        const { kinds, where } = await readUnsubscribe(ctx, token);
        const list = kinds.map((kind) => `<li>${escaped(kind)}</li>`).join("");
        sendPage(
          res,
          200,
          "Switch off mail like this",
          `<p>You would no longer get mail ${escaped(where)} about:</p><ul>${list}</ul>
          <form method="post"><button>Switch off</button></form>
          <p>Your inbox and your devices still tell you. You can switch it on again in your settings.</p>`,
        );
      }),
    )
    .post("/unsubscribe", (req, res) =>
      withToken(app, req, res, async (ctx, token) => {
        await unsubscribe(ctx, token);
        sendPage(
          res,
          200,
          "Switched off",
          "<p>You get no more mail of this kind. You can switch it on again in your settings.</p>",
        );
      }),
    )
    .post(
      "/inbound",
      requireInboundSecret(app),
      express.raw({ type: types, limit: mailLimit }),
      express.json({ limit: mailLimit }),
      (req, res) => inbound(app, req, res),
    );
}

const requireInboundSecret =
  (app: App): RequestHandler =>
  (req, _res, next) => {
    const { MAIL_INBOUND_SECRET: secret } = app.config;
    if (!secret) throw notFound("mailbox");
    const given = /^bearer +(\S+)$/i.exec(req.headers.authorization ?? "")?.[1] ?? "";
    if (!sameSecret(hashOfSecret(given), hashOfSecret(secret)))
      throw new AppError("auth.invalid", "Send MAIL_INBOUND_SECRET as a bearer token.");
    next();
  };

async function inbound(app: App, req: Request, res: Response): Promise<void> {
  try {
    const { raw } = (req.body ?? {}) as { raw?: unknown };
    const mail = Buffer.isBuffer(req.body) ? req.body : typeof raw === "string" ? Buffer.from(raw) : null;
    if (!mail) throw invalid("raw", `Send the mail as ${types[0]}, or as JSON in "raw".`);
    const received = await receiveMail(await contextFor(app, async () => null, req, res), mail);
    sendJson(req, res, 200, JSON.stringify(received));
  } catch (error) {
    sendError(req, res, error);
  }
}

type Work = (ctx: Awaited<ReturnType<typeof contextFor>>, token: string) => Promise<void>;

async function withToken(app: App, req: Request, res: Response, work: Work): Promise<void> {
  try {
    const ctx = await contextFor(app, async () => null, req, res);
    await app.limits.consume("call", addressKey(ctx.origin.ip));
    const { token } = req.query;
    await work(ctx, typeof token === "string" ? token : "");
  } catch (error) {
    const { code, status, message } = toAppError(error);
    if (code === "internal" || code === "upstream.down") throw error;
    sendPage(res, status, "This did not work", `<p>${escaped(message)}</p>`);
  }
}
