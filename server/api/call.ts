import type { IncomingMessage, ServerResponse } from "node:http";
import { type AnyProcedure, getTRPCErrorFromUnknown, type TRPCError } from "@trpc/server";
import { type EdgeCtx, errorBody } from "../../routers/trpc.ts";
import { type Actor, type App, type Ctx, contextOf, type Origin } from "../context.ts";
import { requireScope } from "../domain/scopes.ts";
import { AppError, type ErrorBody, toAppError } from "../errors.ts";
import { addressKey } from "../platform/address.ts";
import { traced } from "../platform/tracing.ts";
import { identify, recordOf } from "./request.ts";

/** Who sends a request; null without a credential. @throws AppError for a credential that does not hold */
export type Authenticate = (app: App, req: IncomingMessage & { method: string }) => Promise<Actor | null>;

/**
 * The context of a request's calls.
 *
 * @param more what else operations may know of the request
 */
export async function contextFor(
  app: App,
  authenticate: Authenticate,
  req: IncomingMessage,
  res: ServerResponse,
  more: Pick<Origin, "holds"> = {},
): Promise<EdgeCtx> {
  const record = recordOf(req);
  let actor: Actor | null = null;
  let refusal: AppError | null = null;
  try {
    actor = await authenticate(app, req as IncomingMessage & { method: string });
  } catch (error) {
    refusal = toAppError(error);
    if (refusal.code === "internal") logFailure(app, req, "authenticate", refusal);
  }
  record.userId = actor?.userId ?? null;
  const setCookie = (header: string) => void res.appendHeader("set-cookie", header);
  const origin = { ...record.origin, ...more, setCookie };
  const key = req.headers["idempotency-key"];
  const idempotencyKey = typeof key === "string" ? key : null;
  return Object.assign(contextOf(app, actor, origin), { refusal, idempotencyKey }); // not a copy: that would fork `em`
}

/** Draws one call from the caller's budget. @throws AppError `rate-limited` */
export const drawCall = ({ app, actor, origin }: EdgeCtx): Promise<void> =>
  app.limits.consume("call", actor?.userId ?? addressKey(origin.ip));

/**
 * The context of a request that is no procedure.
 *
 * @param scope what a token must be good for
 * @throws AppError `auth.required`, or why the credential does not hold | `access.denied` (beyond the token) | `rate-limited`
 */
export async function signedIn(
  app: App,
  authenticate: Authenticate,
  req: IncomingMessage,
  res: ServerResponse,
  scope: string,
): Promise<Ctx> {
  const ctx = await contextFor(app, authenticate, req, res);
  await drawCall(ctx);
  const { actor, refusal } = ctx;
  if (!actor) throw refusal ?? new AppError("auth.required", "Sign in first.");
  requireScope(actor, scope);
  return { ...ctx, actor };
}

export interface Call {
  readonly procedure: AnyProcedure;
  readonly path: string;
  readonly input: unknown;
  readonly index: number;
}

export type Outcome =
  | { readonly ok: true; readonly data: unknown }
  | { readonly ok: false; readonly error: TRPCError; readonly body: ErrorBody };

/** Runs one call as tRPC's own adapters do; unknown failures go to the log with their stack, and leave as `internal`. */
export async function run(app: App, req: IncomingMessage, ctx: EdgeCtx, call: Call): Promise<Outcome> {
  const { procedure, path, input, index } = call;
  try {
    const getRawInput = async () => input;
    const { type } = procedure._def;
    const data: unknown = await traced({ name: path }, () =>
      procedure({ ctx, path, getRawInput, type, signal: undefined, batchIndex: index }),
    );
    return { ok: true, data };
  } catch (thrown) {
    const error = getTRPCErrorFromUnknown(thrown);
    const body = errorBody(error);
    if (body.error === "internal" || body.error === "upstream.down") logFailure(app, req, path, error.cause ?? error);
    return { ok: false, error, body };
  }
}

/** A failure that is ours to look into: the caller only sees its request id. */
export function logFailure(app: App, req: IncomingMessage, procedure: string | null, error: unknown): void {
  app.log.error({ ...identify(recordOf(req)), procedure, err: error }, "request failed");
}
