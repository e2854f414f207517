import { AppError, toAppError } from "../server/errors.ts";
import type { SignedIn } from "./connection.ts";
import { handshakeInput } from "./inputs.ts";
import type { GatewaySocket } from "./io.ts";
import { refusedCount } from "./metrics.ts";

/**
 * Tells whose token it is.
 *
 * @throws AppError `auth.invalid` | `auth.expired`
 */
export type Authenticate = (token: string) => Promise<SignedIn>;

/** Lets in who brings a valid token; the refusal's `data` is an error body. */
export function handshake(authenticate: Authenticate, admit: (socket: GatewaySocket, who: SignedIn) => void) {
  return async (socket: GatewaySocket, next: (error?: Error) => void): Promise<void> => {
    try {
      admit(socket, await authenticate(tokenOf(socket)));
      next();
    } catch (error) {
      const refusal = toAppError(error);
      refusedCount.inc({ error: refusal.code });
      next(Object.assign(new Error(refusal.message), { data: refusal.toBody() }));
    }
  };
}

function tokenOf(socket: GatewaySocket): string {
  const given: unknown = socket.handshake.auth;
  const parsed = handshakeInput.safeParse(given);
  if (parsed.success) return parsed.data.token;
  const { token } = (given ?? {}) as { token?: unknown };
  throw token === undefined || token === ""
    ? new AppError("auth.required", "Sign in first: send auth: { token }.")
    : new AppError("auth.invalid", "This is not a token.");
}
