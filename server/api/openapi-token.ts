import type { OpenAPIObject } from "trpc-to-openapi";
import { oauthErrors } from "./token-endpoint.ts";

type Operation = NonNullable<NonNullable<OpenAPIObject["paths"]>[string]["post"]>;
type Media = Record<string, { schema?: unknown; example?: unknown }>;

export const clientBasic = {
  type: "http",
  scheme: "basic",
  description: "Id and secret of a service account.",
} as const;
type Schema = NonNullable<NonNullable<OpenAPIObject["components"]>["schemas"]>[string];
export const oauthErrorSchema: Schema = {
  type: "object",
  required: ["error", "error_description", "message", "details"],
  properties: {
    error: { type: "string", enum: [...oauthErrors], description: "RFC 6749 §5.2." },
    error_description: { type: "string" },
    message: { type: "string", description: "The same, as in all other errors." },
    details: { type: "object", additionalProperties: true },
  },
};

const retry = { "Retry-After": { description: "Seconds to wait.", schema: { type: "integer" } } };
const failures: Record<string, readonly (typeof oauthErrors)[number][]> = {
  "400": ["invalid_request", "unsupported_grant_type", "invalid_scope"],
  "401": ["invalid_client"],
  "413": ["invalid_request"],
  "429": ["temporarily_unavailable"],
  "500": ["server_error"],
  "503": ["temporarily_unavailable"],
};

/**
 * The token endpoint as it is: a form before all (RFC 6749 §4.4.2), with JSON beside it; the client by HTTP Basic or in
 * the body; errors in the words of OAuth; nothing to repeat by a key.
 */
export function describeTokenEndpoint(operation: Operation): void {
  const body = operation.requestBody as { content: Media };
  const json = body.content["application/json"] ?? {};
  const { schema } = json;
  const inBody = schema as { required?: string[] };
  const required = inBody.required?.filter((field) => field === "grant_type") ?? [];
  const described = { ...json, schema: { ...inBody, required } };
  body.content = { "application/x-www-form-urlencoded": described, "application/json": described };
  operation.security = [{ clientBasic: [] }, {}];
  operation.parameters = [];
  const { "200": success } = operation.responses ?? {};
  const refusals = Object.entries(failures).map(([status, codes]) => [
    status,
    {
      description: codes.join(" | "),
      ...(codes.includes("temporarily_unavailable") ? { headers: retry } : {}),
      content: {
        "application/json": {
          schema: { $ref: "#/components/schemas/OauthError" },
          example: { error: codes[0], error_description: "What went wrong.", message: "What went wrong.", details: {} },
        },
      },
    },
  ]);
  operation.responses = { "200": success, ...Object.fromEntries(refusals) };
}
