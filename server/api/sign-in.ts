import type { IncomingMessage } from "node:http";
import { type Request, type Response, Router } from "express";
import type { App } from "../context.ts";
import { beginFlow, beginFlowInput, finishFlow, type Step } from "../domain/auth/sign-in-flow.ts";
import { invalid } from "../errors.ts";
import { contextFor, drawCall } from "./call.ts";
import { recordOf } from "./request.ts";

/**
 * Sign-in with others, for browsers, below /auth:
 *
 * - `GET /auth/{provider}/start?return_to=…` goes to the provider; with `mode=code&code_challenge=…` the sign-in ends in a
 *   code for `auth.exchange`, else in a session by cookie
 * - `GET /auth/{provider}/callback` is where the provider returns to
 */
export function signIn(app: App): Router {
  const named = (req: Request) => {
    recordOf(req).procedure = "auth.identity";
  };
  return Router()
    .get("/:provider/start", async (req, res) => {
      named(req);
      const ctx = await outsider(app, req, res);
      const input = beginFlowInput.safeParse(req.query);
      if (!input.success) {
        const [issue] = input.error.issues;
        throw invalid(String(issue?.path[0] ?? ""), issue?.message ?? "is not valid");
      }
      go(app, res, await beginFlow(ctx, req.params.provider, input.data));
    })
    .get("/:provider/callback", async (req, res) => {
      named(req);
      const ctx = await outsider(app, req, res);
      const one = (name: string) => (typeof req.query[name] === "string" ? req.query[name] : null);
      const query = { code: one("code"), state: one("state"), iss: one("iss"), error: one("error") };
      go(app, res, await finishFlow(ctx, req.params.provider, query, flowCookie(app, req)));
    });
}

/** Whoever was signed in before: the flow alone decides who is afterwards. */
async function outsider(app: App, req: IncomingMessage, res: Response) {
  const ctx = await contextFor(app, async () => null, req, res);
  await drawCall(ctx);
  return ctx;
}

const cookieName = ({ config }: App) =>
  config.NODE_ENV === "production" ? "__Host-taskwire-sign-in" : "taskwire-sign-in";

function flowCookie(app: App, req: Request): string | null {
  const pairs = (req.headers.cookie ?? "").split(/; */).map((pair) => pair.split("=", 2));
  return pairs.find(([name]) => name === cookieName(app))?.[1] ?? null;
}

/** Lax: it must come along when the provider sends the browser back. */
function go(app: App, res: Response, { location, flow }: Step): void {
  const secure = app.config.NODE_ENV === "production";
  const attributes = { httpOnly: true, sameSite: "lax", path: "/", secure } as const;
  if (flow) res.cookie(cookieName(app), flow.sealed, { ...attributes, maxAge: flow.maxAgeSeconds * 1_000 });
  else res.clearCookie(cookieName(app), attributes);
  res.status(303).setHeader("location", location);
  res.end();
}
