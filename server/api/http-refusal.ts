import { AppError } from "../errors.ts";

/** A request that is wrong as HTTP: in the table `validation.failed`, with the status that says how. */
export class HttpRefusal extends AppError {
  readonly #status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: 400 | 405 | 415,
    message: string,
    options: { details?: Record<string, unknown>; headers?: Record<string, string> } = {},
  ) {
    super("validation.failed", message, options.details ?? {});
    this.#status = status;
    this.headers = options.headers ?? {};
  }

  override get status(): number {
    return this.#status;
  }
}

export const methodRefused = (allowed: readonly string[]) =>
  new HttpRefusal(405, `This address answers ${allowed.join(", ")} only.`, {
    details: { allowed },
    headers: { allow: allowed.join(", ") },
  });

export const unknownAddress = () => new AppError("not-found", "There is nothing at this address.");
