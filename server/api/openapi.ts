import type { AnyProcedure, AnyRouter } from "@trpc/server";
import { generateOpenApiDocument, type OpenAPIObject, type OpenApiRouter } from "trpc-to-openapi";
import type { z } from "zod";
import { describedBy, type Meta } from "../../routers/trpc.ts";
import type { Config } from "../config.ts";
import { type ErrorCode, errorCodes } from "../errors.ts";
import { exampleOf } from "./examples.ts";
import { clientBasic, describeTokenEndpoint, oauthErrorSchema } from "./openapi-token.ts";
import { description, version } from "./product.ts";

const guide = `
**Sign in** with \`POST /auth/login\` and send \`Authorization: Bearer <access>\`; \`POST /auth/refresh\` exchanges the
refresh token for a new pair.

**Errors** always read \`{"error": "<code>", "message": "<for people>", "details": {}}\`. What is not yours to see and what
does not exist both answer \`not-found\`. \`rate-limited\` says in \`Retry-After\` when to come back.

**Changes** may be sent again safely with the header \`idempotency-key\` (a UUID): they act once and answer the same. Send an
entity's \`version\` back with an update, and a stale one is refused with the current state in \`details.current\`.

**Times** are ISO 8601 in UTC, days are \`YYYY-MM-DD\`, durations are whole numbers with the unit in the name.

The same procedures are served over tRPC at \`/trpc\`: the operation's id is the procedure's path. Live updates come over
Socket.IO on the same port.`.trim();

type Operation = NonNullable<NonNullable<OpenAPIObject["paths"]>[string]["get"]>;
type Documented = AnyProcedure["_def"] & { meta: Meta; output?: z.ZodType; inputs: readonly z.ZodType[] };

/** The OpenAPI 3.1 document of the REST addresses, as JSON text. */
export function openApiDocument(router: AnyRouter, config: Config): string {
  const procedures = Object.entries(router._def.procedures as Record<string, AnyProcedure>)
    .map(([path, procedure]) => [path, procedure._def as unknown as Documented] as const)
    .filter(([, { meta }]) => meta?.openapi);
  const tags = [...new Set(procedures.map(([path]) => tagOf(path)))];
  const document = generateOpenApiDocument(named(router, procedures), {
    title: "Taskwire",
    description: `${description}\n\n${guide}`,
    version,
    baseUrl: `${config.publicUrl}/api/v1`,
    tags,
    securitySchemes: {
      bearer: {
        type: "http",
        scheme: "bearer",
        bearerFormat: "JWT",
        description: "An access token from auth.signIn or auth.login.",
      },
      cookie: {
        type: "apiKey",
        in: "cookie",
        name: config.NODE_ENV === "production" ? "__Host-taskwire" : "taskwire",
        description: "For browsers; mutations also send `x-csrf-token`.",
      },
    },
  });

  const byPath = new Map(procedures);
  for (const item of Object.values(document.paths ?? {})) {
    for (const method of ["get", "post", "put", "patch", "delete"] as const) {
      const operation = item[method];
      const procedure = operation && byPath.get(operation.operationId ?? "");
      if (operation && procedure) complete(operation, procedure, method);
      if (operation?.operationId === "auth.token") describeTokenEndpoint(operation);
    }
  }
  addComponents(document);
  return JSON.stringify(document, withoutFormatPatterns);
}

/** A format says what its pattern repeats at length. */
const withoutFormatPatterns = (_key: string, value: unknown) =>
  value && typeof value === "object" && "format" in value && "pattern" in value
    ? { ...value, pattern: undefined }
    : value;

const tagOf = (path: string) => path.split(".")[0]!;

/** The router with what the generator cannot know: the operation's name, its tag, and the schema below `described`. */
function named(router: AnyRouter, procedures: readonly (readonly [string, Documented])[]): OpenApiRouter {
  const entries = procedures.map(([path, definition]) => {
    const openapi = { ...definition.meta.openapi, operationId: path, tags: [tagOf(path)] };
    const output = definition.output && describedBy(definition.output);
    return [path, { _def: { ...definition, output, meta: { ...definition.meta, openapi } } }];
  });
  return { ...router, _def: { ...router._def, procedures: Object.fromEntries(entries) } } as unknown as OpenApiRouter;
}

function complete(operation: Operation, { meta, inputs, output }: Documented, method: string): void {
  const { access } = meta;
  const shown = {
    input: meta.example?.input ?? (inputs[0] && exampleOf(inputs[0], "input")),
    output: meta.example?.output ?? (output && exampleOf(describedBy(output), "output")),
  };
  const writes = method !== "get";
  if (access !== "everybody" && access !== "signed-in") {
    operation.description = [operation.description, `Needs the permission \`${access}\`.`].filter(Boolean).join("\n\n");
  }
  operation.security ??= [];
  const success = operation.responses?.["200"] as { content?: Content; headers?: object } | undefined;
  operation.responses = { "200": success, ...otherResponses(writes) };
  if (success && !writes) success.headers = { ETag: { $ref: "#/components/headers/etag" } };
  const header = writes ? "idempotencyKey" : "ifNoneMatch";
  operation.parameters = [...(operation.parameters ?? []), { $ref: `#/components/parameters/${header}` }];
  const body = operation.requestBody as { required?: boolean; content?: Content } | undefined;
  const json = body?.content?.["application/json"];
  if (body) body.required = ((json?.schema as { required?: unknown[] } | undefined)?.required ?? []).length > 0;
  const answer = success?.content?.["application/json"];
  if (answer && shown.output !== undefined) answer.example = shown.output;
  if (shown.input && typeof shown.input === "object") addExample(operation, json, shown.input);
}

type Content = Record<string, { schema?: unknown; example?: unknown }>;

function addExample(operation: Operation, json: Content[string] | undefined, input: object): void {
  const rest: Record<string, unknown> = { ...input };
  for (const parameter of operation.parameters ?? []) {
    if (!("name" in parameter) || !(parameter.name in rest)) continue;
    parameter.example = rest[parameter.name];
    delete rest[parameter.name];
  }
  if (json) json.example = rest;
}

/** Any operation may refuse in any of these ways: also a read may break a rule, and an address that takes nothing be given something. */
function otherResponses(writes: boolean): Record<string, { $ref: string }> {
  const statuses = writes
    ? [400, 401, 403, 404, 409, 413, 415, 422, 429, 500, 503]
    : [400, 401, 403, 404, 422, 429, 500, 503];
  const refusals = statuses.map((status) => [status, { $ref: `#/components/responses/error${status}` }]);
  const held = writes ? {} : { "304": { $ref: "#/components/responses/notModified" } };
  return { ...held, ...Object.fromEntries(refusals) };
}

/** A body that is no JSON; it has the code of what else is wrong with inputs. */
const unsupportedType = 415;

/** Statuses with `Retry-After`. */
const comesBack = new Set<number>([errorCodes["rate-limited"], errorCodes["upstream.down"]]);

/** The error table, once, for every operation to refer to. */
function addComponents(document: OpenAPIObject): void {
  const codes = Object.keys(errorCodes) as ErrorCode[];
  const codesOf = (status: number) =>
    status === unsupportedType ? ["validation.failed"] : codes.filter((code) => errorCodes[code] === status);
  const components = document.components ?? {};
  const schemas = Object.entries(components.schemas ?? {}).filter(([name]) => !name.startsWith("error."));
  components.schemas = {
    ...Object.fromEntries(schemas),
    Error: {
      type: "object",
      required: ["error", "message", "details"],
      properties: {
        error: { type: "string", enum: codes, description: "For programs." },
        message: { type: "string", description: "For people." },
        details: { type: "object", additionalProperties: true },
      },
    },
    OauthError: oauthErrorSchema,
  };
  components.securitySchemes = { ...components.securitySchemes, clientBasic };
  components.parameters = {
    idempotencyKey: {
      name: "idempotency-key",
      in: "header",
      required: false,
      description: "Sent twice with the same key, the request acts once and answers the same.",
      schema: { type: "string", format: "uuid" },
    },
    ifNoneMatch: {
      name: "if-none-match",
      in: "header",
      required: false,
      description: "The `ETag` of an answer that you hold: if it is still the same, 304 says so without a body.",
      schema: { type: "string" },
    },
  };
  components.headers = {
    etag: { description: "Names this very answer, for `if-none-match`.", schema: { type: "string" } },
  };
  const statuses = [...new Set([...Object.values(errorCodes), unsupportedType])];
  const errors = Object.fromEntries(
    statuses.map((status) => {
      const here = codesOf(status);
      const retry = { "Retry-After": { description: "Seconds to wait.", schema: { type: "integer" as const } } };
      return [
        `error${status}`,
        {
          description: here.join(" | "),
          ...(comesBack.has(status) ? { headers: retry } : {}),
          content: {
            "application/json": {
              schema: { $ref: "#/components/schemas/Error" },
              example: { error: here[0], message: "What went wrong, for people.", details: {} },
            },
          },
        },
      ];
    }),
  );
  const held = { description: "You hold the answer.", headers: { ETag: { $ref: "#/components/headers/etag" } } };
  components.responses = { notModified: held, ...errors };
  document.components = components;
}
