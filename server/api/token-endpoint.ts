import type { IncomingMessage, ServerResponse } from "node:http";
import { type App, contextOf } from "../context.ts";
import { answerToken, clientCredentialsInput } from "../domain/organizations/token-answer.ts";
import { AppError, type ErrorCode, toAppError } from "../errors.ts";
import { readText } from "./body.ts";
import { logFailure } from "./call.ts";
import { HttpRefusal } from "./http-refusal.ts";
import { recordOf } from "./request.ts";
import { sendJson, setErrorHeaders } from "./respond.ts";

const address = /^\/api\/v1\/auth\/token\/?(\?|$)/;
const maxBytes = 16 * 1024;

export const isTokenRequest = (req: IncomingMessage) => req.method === "POST" && address.test(req.url ?? "");

/**
 * The token endpoint of OAuth 2 for programs: client credentials (RFC 6749 §4.4) as a form, as the standard has it, or
 * as JSON; the client by HTTP Basic or in the body, never both (§2.3). Errors read as in §5.2, with our `message` and
 * `details` beside. No cookie and no token counts here, so that no page of another site can use one.
 */
export function tokenEndpoint(app: App) {
  return async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const record = recordOf(req);
    record.route = "rest";
    record.procedure = "auth.token";
    res.setHeader("cache-control", "no-store");
    res.setHeader("pragma", "no-cache");
    try {
      const fields = await fieldsOf(req);
      const { grant_type: grantType } = fields;
      if (grantType === undefined) throw refusal("invalid_request", "grant_type is missing.");
      if (grantType !== "client_credentials") {
        throw refusal("unsupported_grant_type", "The grant_type must be client_credentials.");
      }
      const parsed = clientCredentialsInput.safeParse({ ...fields, ...clientOf(req, fields) });
      if (!parsed.success) throw refusal("invalid_request", "The request has fields that are too long.");
      const answer = await answerToken(contextOf(app, null, record.origin), parsed.data);
      sendJson(req, res, 200, JSON.stringify(answer));
    } catch (thrown) {
      refuse(app, req, res, thrown);
    }
  };
}

export const oauthErrors = [
  "invalid_request",
  "invalid_client",
  "unsupported_grant_type",
  "invalid_scope",
  "temporarily_unavailable",
  "server_error",
] as const;
type OauthCode = (typeof oauthErrors)[number];

class OauthRefusal extends Error {
  readonly code: OauthCode;
  constructor(code: OauthCode, message: string) {
    super(message);
    this.code = code;
  }
}
const refusal = (code: OauthCode, message: string) => new OauthRefusal(code, message);

/** Each field once (RFC 6749 §3.2). */
async function fieldsOf(req: IncomingMessage): Promise<Record<string, string>> {
  const [type = ""] = (req.headers["content-type"] ?? "").toLowerCase().split(";");
  const encoding = req.headers["content-encoding"];
  if (encoding && encoding !== "identity") throw refusal("invalid_request", "Send the body without content-encoding.");
  const text = await readText(req, maxBytes);
  if (type.trim() === "application/json") return jsonFields(text);
  if (type.trim() !== "application/x-www-form-urlencoded") {
    throw refusal("invalid_request", "Send a form (application/x-www-form-urlencoded) or JSON.");
  }
  const fields: Record<string, string> = Object.create(null);
  for (const [name, value] of new URLSearchParams(text)) {
    if (fields[name] !== undefined) throw refusal("invalid_request", `${name.slice(0, 50)} is there twice.`);
    if (value !== "") fields[name] = value; // an empty one counts as absent (RFC 6749 §3.2)
  }
  return { ...fields };
}

function jsonFields(text: string): Record<string, string> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refusal("invalid_request", "The body is not valid JSON.");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw refusal("invalid_request", "The body must be a JSON object.");
  }
  const entries = Object.entries(value).filter(([, field]) => field !== undefined && field !== "");
  if (entries.some(([, field]) => typeof field !== "string")) throw refusal("invalid_request", "Fields must be texts.");
  return Object.fromEntries(entries);
}

/** @throws OauthRefusal `invalid_client` (nobody named) | `invalid_request` (named twice) */
function clientOf(req: IncomingMessage, fields: Record<string, string>) {
  const { authorization } = req.headers;
  if (authorization === undefined) {
    const { client_id, client_secret } = fields;
    if (!client_id || !client_secret) throw refusal("invalid_client", "Name the client and its secret.");
    return { client_id, client_secret };
  }
  if (fields["client_secret"] !== undefined) {
    throw refusal("invalid_request", "Name the client by HTTP Basic or in the body, not both.");
  }
  const encoded = /^basic +([A-Za-z0-9+/=]+)$/i.exec(authorization)?.[1];
  const [id, ...rest] = Buffer.from(encoded ?? "", "base64")
    .toString()
    .split(":");
  if (!encoded || !id || rest.length === 0) throw refusal("invalid_client", "The authorization must be Basic.");
  const client = { client_id: decoded(id), client_secret: decoded(rest.join(":")) };
  if (fields["client_id"] !== undefined && fields["client_id"] !== client.client_id) {
    throw refusal("invalid_request", "The body names another client.");
  }
  return client;
}

/** Both are form-encoded below Base64 (RFC 6749 §2.3.1). */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    throw refusal("invalid_client", "The client is not form-encoded.");
  }
}

const oauthCodes: Partial<Record<ErrorCode, OauthCode>> = {
  "auth.invalid": "invalid_client",
  "access.denied": "invalid_scope",
  "rate-limited": "temporarily_unavailable",
  "upstream.down": "temporarily_unavailable",
  internal: "server_error",
};

function refuse(app: App, req: IncomingMessage, res: ServerResponse, thrown: unknown): void {
  const own = thrown instanceof OauthRefusal;
  const cause = own ? new AppError("validation.failed", thrown.message) : toAppError(thrown);
  if (cause.code === "internal" || cause.code === "upstream.down") logFailure(app, req, "auth.token", cause);
  const error = own ? thrown.code : (oauthCodes[cause.code] ?? "invalid_request");
  if (error === "invalid_client") res.setHeader("www-authenticate", 'Basic realm="taskwire", charset="UTF-8"');
  const status = error === "invalid_client" ? 401 : error === "invalid_scope" ? 400 : cause.status;
  setErrorHeaders(res, cause instanceof HttpRefusal ? new AppError(cause.code, cause.message) : cause);
  const { message } = cause;
  sendJson(req, res, status, JSON.stringify({ error, error_description: message, message, details: cause.details }));
}
