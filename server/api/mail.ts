import { type Request, type RequestHandler, type Response, Router } from "express";
import type { App } from "../context.ts";
import { readUnsubscribe, unsubscribe } from "../domain/notifications/unsubscribe.ts";
import { toAppError } from "../errors.ts";
import { addressKey } from "../platform/address.ts";
import { contextFor } from "./call.ts";
import { escaped, sendPage } from "./plain-page.ts";
import { recordOf } from "./request.ts";

/**
 * What letters link to, below /mail:
 *
 * - `GET /mail/unsubscribe?token=…` asks, since programs that look for harm follow links
 * - `POST /mail/unsubscribe?token=…` does it: the button, or a mail program on its own (RFC 8058)
 */
export function mail(app: App): Router {
  const named: RequestHandler = (req, _res, next) => {
    recordOf(req).procedure = "notifications.mail";
    next();
  };
  return Router()
    .use(named)
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
    );
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
