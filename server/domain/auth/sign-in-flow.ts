import { generateCodeVerifier, generateState } from "arctic";
import { z } from "zod";
import type { PublicCtx } from "../../context.ts";
import { AppError, invalid, notFound, toAppError } from "../../errors.ts";
import type { IdentityProvider } from "../../platform/identity/provider.ts";
import { isAllowedOrigin } from "../../platform/origins.ts";
import { sealedWords } from "../../platform/sealed-words.ts";
import { sameSecret } from "../../platform/secrets.ts";
import { issueExchangeCode, s256Challenge } from "./exchange-code.ts";
import { signInWithIdentity } from "./join-identity.ts";
import { throttleAddress } from "./throttle.ts";

/** How long somebody may take at the provider. */
const flowSeconds = 600;

/** A sign-in under way. It lies sealed in a cookie of the browser that began it, so that no other can go on with it. */
interface Flow extends Record<string, unknown> {
  provider: string;
  state: string;
  nonce: string;
  codeVerifier: string;
  returnTo: string;
  /** Of the client that a code goes to; null: the browser gets a session by cookie. */
  challenge: string | null;
}

export const beginFlowInput = z.strictObject({
  return_to: z.string().max(1_000).default("/"),
  mode: z.enum(["cookie", "code"]).default("cookie"),
  code_challenge: s256Challenge.optional(),
});

const sealedFlows = ({ app }: PublicCtx) => sealedWords<Flow>(app.config, "sign-in-flow");

/** Where a browser goes next, and the cookie of the flow that it keeps from now on; null: none. */
export interface Step {
  readonly location: string;
  readonly flow: { readonly sealed: string; readonly maxAgeSeconds: number } | null;
}

/**
 * Begins a sign-in at a provider.
 *
 * @throws AppError `not-found` (no such provider) | `validation.failed` (returns to where it may not) | `upstream.down`
 *   | `rate-limited`
 */
export async function beginFlow(
  ctx: PublicCtx,
  name: string,
  { return_to, mode, code_challenge }: z.output<typeof beginFlowInput>,
): Promise<Step> {
  await throttleAddress(ctx, "identity:ip");
  const provider = requireProvider(ctx, name);
  if (mode === "code" && !code_challenge) throw invalid("code_challenge", "is needed for a code (RFC 7636, S256)");
  if (mode === "cookie" && code_challenge) throw invalid("code_challenge", "belongs to mode=code");
  const returnTo = requireReturn(ctx, return_to);
  const request = { state: generateState(), nonce: generateState(), codeVerifier: generateCodeVerifier() };
  const location = await provider.authorizationUrl(request);
  const flow = { ...request, provider: name, returnTo, challenge: code_challenge ?? null };
  const expiresAt = new Date(ctx.now.getTime() + flowSeconds * 1_000);
  const sealed = await sealedFlows(ctx).seal(flow, expiresAt);
  return { location: location.href, flow: { sealed, maxAgeSeconds: flowSeconds } };
}

function requireProvider({ app }: PublicCtx, name: string): IdentityProvider {
  const provider = app.identityProviders.get(name);
  if (!provider) throw notFound("provider");
  return provider;
}

/** A page of an allowed origin, or exactly one of SIGN_IN_RETURN_URIS: who decides where codes go gets them. */
function requireReturn({ app: { config } }: PublicCtx, given: string): string {
  if (config.SIGN_IN_RETURN_URIS.includes(given)) return given;
  const url = URL.canParse(given, config.publicUrl) ? new URL(given, config.publicUrl) : null;
  const isPage = url !== null && /^https?:$/.test(url.protocol) && url.username === "" && url.password === "";
  if (!isPage || !isAllowedOrigin(config, url.origin)) throw invalid("return_to", "is no page of an allowed origin");
  return url.href;
}

/** What the provider's answer says. */
export interface CallbackQuery {
  readonly code: string | null;
  readonly state: string | null;
  readonly iss: string | null;
  readonly error: string | null;
}

/**
 * Finishes a sign-in: in the return address there is nothing more (a session began, by cookie), or `code` for
 * `auth.exchange`, or `#challenge=` for `auth.completeSignIn`, or `error` and `reason`.
 *
 * @param sealed the flow's cookie, if the browser has one
 * @throws AppError `auth.invalid` when this browser did not begin it, so that it is not known where to return to
 *   | `not-found` | `rate-limited`
 */
export async function finishFlow(
  ctx: PublicCtx,
  name: string,
  query: CallbackQuery,
  sealed: string | null,
): Promise<Step> {
  await throttleAddress(ctx, "identity:ip");
  const provider = requireProvider(ctx, name);
  const flow = sealed === null ? null : await sealedFlows(ctx).open(sealed);
  if (!flow || flow.provider !== name || query.state === null || !sameSecret(query.state, flow.state))
    throw new AppError("auth.invalid", "This sign-in was not begun in this browser, or too long ago; start again.");
  const location = await outcomeOf(ctx, provider, flow, query).catch((error) => failureOf(ctx, flow, error));
  return { location, flow: null };
}

async function outcomeOf(ctx: PublicCtx, provider: IdentityProvider, flow: Flow, query: CallbackQuery) {
  const { code, iss, error } = query;
  if (error === "access_denied") throw new AppError("access.denied", "The person declined.", { reason: "denied" });
  if (error !== null || code === null)
    throw new AppError("upstream.down", "The provider refused.", { reason: "provider" }, { cause: error });
  const proven = await provider.identify({ code, iss }, flow);
  if (flow.challenge !== null)
    return withQuery(flow.returnTo, { code: await issueExchangeCode(ctx, proven, flow.challenge) });
  await signInWithIdentity(ctx, proven, true);
  return flow.returnTo;
}

function failureOf(ctx: PublicCtx, flow: Flow, thrown: unknown): string {
  const { code, details, cause } = toAppError(thrown);
  const { rule, challenge } = details;
  if (rule === "second-factor" && typeof challenge === "string") {
    const url = new URL(flow.returnTo);
    url.hash = new URLSearchParams({ challenge }).toString(); // a fragment is sent to no server
    return url.href;
  }
  const known = { request_id: ctx.origin.requestId, provider: flow.provider, code };
  if (code === "internal" || code === "upstream.down") ctx.app.log.error({ ...known, err: cause }, "sign-in failed");
  else ctx.app.log.info({ ...known, cause: String(cause ?? "") }, "sign-in refused");
  return withQuery(flow.returnTo, { error: code, reason: String(details["reason"] ?? rule ?? "") });
}

function withQuery(address: string, added: Record<string, string>): string {
  const url = new URL(address);
  for (const [name, value] of Object.entries(added)) if (value !== "") url.searchParams.set(name, value);
  return url.href;
}
