/** Every way a call can fail, with the HTTP status that carries it. The table is part of the wire contract. */
export const errorCodes = {
  "validation.failed": 400,
  "auth.required": 401,
  "auth.invalid": 401,
  "auth.expired": 401,
  "auth.reused": 401,
  "access.denied": 403,
  "not-found": 404,
  conflict: 409,
  stale: 409,
  "rule.broken": 422,
  "too-large": 413,
  "rate-limited": 429,
  "upstream.down": 503,
  internal: 500,
} as const;

export type ErrorCode = keyof typeof errorCodes;

/** What a client sees of an error, over every wire. */
export interface ErrorBody {
  error: ErrorCode;
  message: string;
  details: Record<string, unknown>;
}

/** A failure that the caller may know about. Anything else leaves as a bare `internal`. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly details: Record<string, unknown>;

  constructor(code: ErrorCode, message: string, details: Record<string, unknown> = {}, options?: ErrorOptions) {
    super(message, options);
    this.name = "AppError";
    this.code = code;
    this.details = details;
  }

  get status(): number {
    return errorCodes[this.code];
  }

  toBody(): ErrorBody {
    return { error: this.code, message: this.message, details: this.details };
  }
}

/** When to come back, in seconds, as the header `Retry-After` says it; null where that would not help. */
export function retryAfterOf({ error, details }: ErrorBody): number | null {
  const { retryAfterSeconds } = details;
  if (typeof retryAfterSeconds === "number") return retryAfterSeconds;
  return error === "upstream.down" ? 1 : null;
}

/** Hidden and missing fail alike, so that ids cannot be probed. */
export const notFound = (entity: string, id?: string) =>
  new AppError("not-found", `There is no such ${entity}, or it is not yours to see.`, id ? { entity, id } : { entity });

export const denied = (permission: string) =>
  new AppError("access.denied", "Your role does not allow this.", { permission });

/** Carries the current view, so that the client can merge without another call. */
export const stale = (current: object) =>
  new AppError("stale", "This was changed meanwhile; look at the current state and try again.", { current });

export const conflict = (message: string, details: Record<string, unknown> = {}) =>
  new AppError("conflict", message, details);

export const ruleBroken = (rule: string, message: string, details: Record<string, unknown> = {}) =>
  new AppError("rule.broken", message, { rule, ...details });

export const invalid = (path: string, message: string) =>
  new AppError("validation.failed", message, { issues: [{ path: [path], message }] });

/**
 * Turns anything thrown into what may leave the process: our own errors as they are, known database refusals as the
 * code they mean, all else as a bare `internal`.
 */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const refusal = databaseRefusal(error) ?? diskRefusal(error);
  return refusal ?? new AppError("internal", "Something went wrong on our side.", {}, { cause: error });
}

/** PostgreSQL's SQLSTATE (https://www.postgresql.org/docs/current/errcodes-appendix.html) as a code of the table. */
function databaseRefusal(error: unknown): AppError | null {
  const { code, constraint } = databaseFault(error);
  if (!code) return null;
  const details = constraint ? { constraint } : {};
  const cause = { cause: error };
  if (code === "23505")
    return new AppError("conflict", "Something with this name or value exists already.", details, cause);
  if (code === "23503")
    return new AppError("conflict", "This is still in use, or refers to something gone.", details, cause);
  if (code === "23514" || code === "23P01")
    return new AppError("rule.broken", "The data would break a rule.", details, cause);
  if (code.startsWith("22")) return new AppError("validation.failed", "A value is out of its range.", {}, cause);
  if (["55P03", "40P01", "40001"].includes(code)) {
    return new AppError("conflict", "Others are changing the same thing; try again.", { retry: true }, cause);
  }
  if (isLoss.test(code) || isExhausted.test(code)) {
    return new AppError("upstream.down", "The database did not answer in time; try again.", { retry: true }, cause);
  }
  return null;
}

function diskRefusal(error: unknown): AppError | null {
  const { code } = (error ?? {}) as NodeJS.ErrnoException;
  if (!/^(EDQUOT|EIO|EMFILE|ENFILE|ENOSPC|EROFS)$/.test(code ?? "")) return null;
  return new AppError("upstream.down", "The file store is full, or does not answer.", {}, { cause: error });
}

/** The SQLSTATE (or socket error) and constraint of a driver's error, also when an ORM exception wraps it. */
export function databaseFault(error: unknown): { code?: string; constraint?: string } {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code, constraint } = at as { code?: unknown; constraint?: unknown };
    if (typeof code === "string") return { code, ...(typeof constraint === "string" ? { constraint } : {}) };
    if (
      /^(Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect)/.test(
        at.message,
      )
    ) {
      return { code: "ECONNRESET" };
    }
  }
  return {};
}

/** Whether the failure ended the connection, or there was none, so that nothing tells what became of the last words. */
export const isConnectionLost = (error: unknown): boolean => isLoss.test(databaseFault(error).code ?? "");

const isLoss = /^(08|57P|25P03$|53300$|ECONNRESET$|ECONNREFUSED$|EPIPE$|ETIMEDOUT$|ENOTFOUND$)/;

/** Out of connections, memory or disk, or out of time. */
const isExhausted = /^(53|57014$)/;
