import { TRPCClientError } from "@trpc/client";
import type { ErrorCode } from "./types.ts";

/** The server's codes, and `network`: no answer came, or none that this server gives. */
export type TaskwireErrorCode = ErrorCode | "network";

/** Any failure of a call, over HTTP or the socket, in the server's own words. */
export class TaskwireError extends Error {
  /** What went wrong, for programs. */
  readonly error: TaskwireErrorCode;
  /** What helps to repair it: the `issues` of `validation.failed`, the `current` view of `stale`, … */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    error: TaskwireErrorCode,
    message: string,
    details: Readonly<Record<string, unknown>> = {},
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.name = "TaskwireError";
    this.error = error;
    this.details = details;
  }
}

/** Whatever a call threw, as a TaskwireError: the server's answer, or `network` when there was none. */
export function errorOf(thrown: unknown): TaskwireError {
  if (thrown instanceof TaskwireError) return thrown;
  const called = thrown instanceof TRPCClientError;
  if (called && thrown.cause instanceof TaskwireError) return thrown.cause;
  const body: unknown = called ? thrown.data : thrown;
  if (isErrorBody(body)) return new TaskwireError(body.error, body.message, body.details, { cause: thrown });
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new TaskwireError(called ? "network" : "internal", message, {}, { cause: thrown });
}

/** The body of the error table, as it travels in tRPC's `error.data`, refused handshakes and acknowledgements. */
function isErrorBody(
  value: unknown,
): value is { error: ErrorCode; message: string; details?: Record<string, unknown> } {
  const body = value as { error?: unknown; message?: unknown } | null | undefined;
  return typeof body === "object" && typeof body?.error === "string" && typeof body.message === "string";
}
