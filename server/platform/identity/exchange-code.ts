import { type OAuth2Client, OAuth2RequestError, type OAuth2Tokens } from "arctic";
import { type Asked, notProven, providerDown, usualTimeoutMs } from "./provider.ts";

/**
 * Exchanges an authorization code for the provider's tokens.
 *
 * @throws AppError `auth.invalid` (the code was used, has expired, or is another client's) | `upstream.down`
 */
export async function exchangeCode(
  { label, timeoutMs = usualTimeoutMs }: Asked,
  client: OAuth2Client,
  endpoint: string,
  code: string,
  codeVerifier: string,
): Promise<OAuth2Tokens> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error("timed out")), timeoutMs); // Arctic waits for ever
  try {
    const tokens = await Promise.race([client.validateAuthorizationCode(endpoint, code, codeVerifier), late.promise]);
    const refused = "error" in tokens.data ? tokens.data.error : null; // GitHub refuses with status 200
    if (typeof refused === "string") throw new OAuth2RequestError(refused, null, null, null);
    return tokens;
  } catch (error) {
    const codes = ["invalid_grant", "bad_verification_code"];
    if (error instanceof OAuth2RequestError && codes.includes(error.code)) throw notProven(label, "code", error);
    throw providerDown(label, error);
  } finally {
    clearTimeout(timer);
  }
}
