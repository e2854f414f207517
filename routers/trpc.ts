import { createHash } from "node:crypto";
import { initTRPC, TRPCError } from "@trpc/server";
import type { OpenApiMeta } from "trpc-to-openapi";
import { z } from "zod";
import type { Actor, Ctx, Mutation, PublicCtx } from "../server/context.ts";
import type { OrganizationPermission, ProjectPermission } from "../server/domain/permissions.ts";
import { accountScope, requireInPerson, requireScope } from "../server/domain/scopes.ts";
import { AppError, type ErrorBody, type ErrorCode, errorCodes, invalid, toAppError } from "../server/errors.ts";
import { addressKey } from "../server/platform/address.ts";
import { observeProcedure } from "../server/platform/metrics.ts";
import { serviceOf } from "../server/platform/named-services.ts";
import { readyOf } from "../server/platform/ready-answers.ts";

/** Who may call: everybody, whoever is signed in (about their own things), or who holds a permission. */
export type Access = "everybody" | "signed-in" | OrganizationPermission | ProjectPermission;

export interface Meta extends OpenApiMeta {
  access: Access;
  /**
   * What a token must be good for: by default the permission, or the account where none is asked for. null: the
   * operation asks itself, because it depends on the input.
   */
  scope?: string | null;
  /** An input that works on the demo data, for documents and tests. */
  example?: { input?: unknown; output?: unknown };
}

/** What createContext adds for the edge itself; operations never see it. */
export interface EdgeCtx extends PublicCtx {
  /** Why nobody is signed in, when a credential was sent that does not hold. */
  readonly refusal: AppError | null;
  /** The header `idempotency-key`: a mutationId for callers that cannot put one into the body. */
  readonly idempotencyKey: string | null;
}

const trpc = initTRPC
  .context<EdgeCtx>()
  .meta<Meta>()
  .create({
    errorFormatter: ({ shape, error }) => {
      const body = errorBody(error);
      return {
        ...shape,
        message: body.message,
        data: { code: shape.data.code, httpStatus: errorCodes[body.error], path: shape.data.path, ...body },
      };
    },
  });

/** The one place where any failure of a procedure becomes the body of the error table. */
export function errorBody(error: TRPCError): ErrorBody {
  if (error.cause instanceof AppError) return error.cause.toBody();
  if (error.cause instanceof z.core.$ZodError && error.code === "BAD_REQUEST")
    return invalidInput(error.cause).toBody();
  if (error.code !== "INTERNAL_SERVER_ERROR")
    return new AppError(trpcCodes[error.code] ?? "validation.failed", error.message).toBody();
  return toAppError(error.cause).toBody();
}

const trpcCodes: Partial<Record<TRPCError["code"], ErrorCode>> = {
  NOT_FOUND: "not-found",
  PAYLOAD_TOO_LARGE: "too-large",
  TOO_MANY_REQUESTS: "rate-limited",
  UNAUTHORIZED: "auth.required",
  FORBIDDEN: "access.denied",
};

const invalidInput = (error: z.core.$ZodError) =>
  new AppError("validation.failed", "Some values are not as they should be.", {
    issues: error.issues.map((issue) => ({
      path: issue.path,
      message: issue.message,
      ...(issue.code === "unrecognized_keys" ? { keys: issue.keys } : {}),
    })),
  });

/** AppErrors travel as the cause of a TRPCError, which carries the HTTP status. */
function toTrpcError(error: unknown): TRPCError {
  const cause = toAppError(error);
  return new TRPCError({ code: statusNames[cause.status] ?? "INTERNAL_SERVER_ERROR", message: cause.message, cause });
}

const statusNames: Record<number, TRPCError["code"]> = {
  400: "BAD_REQUEST",
  401: "UNAUTHORIZED",
  403: "FORBIDDEN",
  404: "NOT_FOUND",
  409: "CONFLICT",
  413: "PAYLOAD_TOO_LARGE",
  422: "UNPROCESSABLE_CONTENT",
  429: "TOO_MANY_REQUESTS",
  503: "SERVICE_UNAVAILABLE",
};

/**
 * Around every call: draws it from the caller's budget, asks for a sign-in, measures it, gives a mutation its id, so
 * that sent twice it acts once (DESIGN §6), and gives failures their place in the table. One middleware for all that,
 * since tRPC copies a call's options for each.
 */
const edge = <Inside extends PublicCtx>(signedIn: boolean) =>
  trpc.middleware(async ({ ctx, type, path, meta, getRawInput, next }) => {
    const startedAt = performance.now();
    const measure = (status: string) => observeProcedure(serviceOf(path), path, status, performance.now() - startedAt);
    try {
      await ctx.app.limits.consume("call", ctx.actor?.userId ?? addressKey(ctx.origin.ip));
      if (signedIn && !ctx.actor) throw ctx.refusal ?? new AppError("auth.required", "Sign in first.");
      if (ctx.actor?.scopes && meta) requireInScope(ctx.actor, path, meta);
      const mutation = type === "mutation" ? mutationOf(path, await getRawInput(), ctx.idempotencyKey) : null;
      const added = mutation ? { mutation } : undefined; // undefined: nothing to copy
      const result = await next({ ctx: added as unknown as EdgeCtx & Inside });
      if (!result.ok) throw result.error;
      measure("ok");
      return result;
    } catch (error) {
      const failure = error instanceof TRPCError && !isUnknown(error) ? error : toTrpcError(causeOf(error));
      measure(errorBody(failure).error);
      throw failure;
    }
  });

/** Routers about how one signs in: whoever could use them by a token would soon be more than the token. */
const aboutSignIn = new Set(["auth", "identities", "totp"]);

/** A token is good for what its scopes name, and for what asks nothing of anybody. @throws AppError `access.denied` */
function requireInScope(actor: Actor, path: string, { access, scope }: Meta): void {
  if (access === "everybody" || scope === null) return;
  const ofAccount = access === "signed-in";
  if (scope === undefined && ofAccount && aboutSignIn.has(path.split(".")[0] ?? "")) requireInPerson(actor);
  requireScope(actor, scope ?? (ofAccount ? accountScope : access));
}

/** What tRPC wraps as INTERNAL_SERVER_ERROR: whatever was thrown and is not its own. */
const isUnknown = (error: TRPCError) => error.code === "INTERNAL_SERVER_ERROR";
const causeOf = (error: unknown) => (error instanceof TRPCError ? (error.cause ?? error) : error);

/** @throws AppError `validation.failed` for an id that is no UUID */
function mutationOf(path: string, input: unknown, idempotencyKey: string | null): Mutation | null {
  const raw = input as { mutationId?: unknown } | null | undefined;
  const given = raw?.mutationId ?? idempotencyKey;
  if (typeof given !== "string") return null;
  const id = z.uuid().safeParse(given);
  if (!id.success) throw invalid("mutationId", "must be a UUID");
  const { mutationId: _, ...request } = raw ?? {};
  const requestHash = createHash("sha256").update(path).update(JSON.stringify(request)).digest("base64url");
  return { id: id.data, requestHash };
}

export const router = trpc.router;
export const createCallerFactory = trpc.createCallerFactory;

/** For everybody, signed in or not. */
export const publicProcedure = trpc.procedure.use(edge<PublicCtx>(false));

/** For whoever is signed in; what they may do, the operation's door decides. */
export const procedure = trpc.procedure.use(edge<Ctx>(true));

/** The input of a mutation, with the `mutationId` that makes it safe to send again. */
export const mutates = <Shape extends z.ZodRawShape>(input: z.ZodObject<Shape>) =>
  input
    .extend({ mutationId: z.uuid().optional().describe("sent twice, the mutation acts once and answers the same") })
    .strict();

let checksOutputs = true;
/** Outputs that are only `described` are checked unless this says otherwise; production does. */
export const checkOutputs = (checks: boolean): void => {
  checksOutputs = checks;
};

const originals = new WeakMap<object, z.ZodType>();

/**
 * An output that documents and types a hot read; in production the rows pass as they are.
 *
 * @example procedure.input(boardInput).output(described(boardSchema)).query(…)
 */
export function described<Schema extends z.ZodType>(schema: Schema): Schema {
  // tRPC tries the first, and the second where that cannot answer at once.
  const parse = (value: unknown) => (checksOutputs ? checked(value, schema.parse(value)) : value);
  const parseAsync = async (value: unknown) => (checksOutputs ? checked(value, await schema.parseAsync(value)) : value);
  const passing = Object.create(schema, { parse: { value: parse }, parseAsync: { value: parseAsync } }) as Schema;
  originals.set(passing, schema);
  return passing;
}

/** What is ready passes as it is also where it was checked: a copy would not be. */
const checked = <Parsed>(value: unknown, parsed: Parsed) => (readyOf(value) ? value : parsed);

/** The schema below `described`, for documents. */
export const describedBy = (schema: z.ZodType): z.ZodType => originals.get(schema) ?? schema;

/**
 * REST address and documentation of a procedure.
 *
 * @param route method and path: `POST /tasks/{taskId}/move`
 */
export function rest(
  route: `${"GET" | "POST" | "PATCH" | "PUT" | "DELETE"} /${string}`,
  summary: string,
  options: { access: Access; scope?: string | null; description?: string; example?: Meta["example"] },
): Meta {
  const [method, path] = route.split(" ") as ["GET", `/${string}`];
  return {
    access: options.access,
    ...(options.scope !== undefined ? { scope: options.scope } : {}),
    ...(options.example ? { example: options.example } : {}),
    openapi: {
      method,
      path,
      summary,
      ...(options.description ? { description: options.description } : {}),
      protect: options.access !== "everybody",
    },
  };
}
