import type { z } from "zod";
import { AppError } from "../../errors.ts";

/** What a provider says of somebody, checked. Its tokens are not kept. */
export interface ProvenIdentity {
  readonly provider: string;
  /** Together they name the person, for ever. */
  readonly issuer: string;
  readonly subject: string;
  /** In lower case. */
  readonly email: string | null;
  /** Whether the provider proved that the person reads mail to it. */
  readonly emailVerified: boolean;
  readonly name: string | null;
}

/** Secrets of one sign-in, bound to one browser. */
export interface AuthorizationRequest {
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
}

/** Somebody who knows people, by authorization code with PKCE (RFC 6749 §4.1, RFC 7636). */
export interface IdentityProvider {
  /** In addresses: `/auth/<name>/start`. */
  readonly name: string;
  /** For people. */
  readonly label: string;
  /** @throws AppError `upstream.down` */
  authorizationUrl(request: AuthorizationRequest): Promise<URL>;
  /**
   * Exchanges the code and reads who it is.
   *
   * @param answer the parameters of the provider's answer
   * @throws AppError `auth.invalid` (code or token do not hold) | `upstream.down`
   */
  identify(answer: { code: string; iss: string | null }, request: AuthorizationRequest): Promise<ProvenIdentity>;
}

/** Who is asked. */
export interface Asked {
  readonly label: string;
  /** How long they may take to answer one request, to its last byte; default `usualTimeoutMs`. */
  readonly timeoutMs?: number;
}
export const usualTimeoutMs = 10_000;

export const providerDown = (label: string, cause?: unknown) =>
  new AppError("upstream.down", `${label} did not answer as it should; try again.`, { retry: true }, { cause });

export const notProven = (label: string, reason: string, cause?: unknown) =>
  new AppError("auth.invalid", `${label} did not confirm who you are; start again.`, { reason }, { cause });

/** Reads JSON from a provider. Redirects are not followed: they would lead where no configuration points. */
export async function getJson<Schema extends z.ZodType>(
  { label, timeoutMs = usualTimeoutMs }: Asked,
  url: string,
  schema: Schema,
  headers: Record<string, string> = {},
): Promise<z.output<Schema>> {
  try {
    const response = await fetch(url, {
      headers: { accept: "application/json", "user-agent": "taskwire", ...headers },
      redirect: "error",
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (!response.ok) {
      await response.body?.cancel();
      throw new Error(`${new URL(url).pathname} answered ${response.status}`);
    }
    return schema.parse(await response.json());
  } catch (error) {
    throw providerDown(label, error);
  }
}
