/**
 * Answers the access token to use, or null when nobody is signed in. It is asked before every call and connection, so it
 * should keep the token while it lasts; `fresh` asks for another one than before: that one ends soon, or was refused.
 */
export type GetToken = (options: { fresh: boolean }) => string | null | Promise<string | null>;

/**
 * How long to use an access token before renewing it: 80 % of its life, or less when it was not new. The server's clock
 * may differ from this one, so the answer stays between 1 second and 80 % of the life.
 *
 * @param now null for a token that was issued just now: no clock is needed to know how much of its life is left
 * @returns milliseconds; null when the token does not say when it ends
 */
export function renewAfterMs(token: string, now: number | null = Date.now()): number | null {
  const { exp, iat } = claimsOf(token);
  if (exp === undefined) return null;
  const leftMs = exp * 1000 - (now ?? (iat === undefined ? Date.now() : iat * 1000));
  const lifeMs = iat === undefined ? leftMs : (exp - iat) * 1000;
  return Math.min(Math.max(leftMs - lifeMs * 0.2, 1_000), Math.max(lifeMs * 0.8, 1_000), 2 ** 31 - 1);
}

/** What a JWT says of itself, unverified: only the server needs to believe it. */
function claimsOf(token: string): { exp?: number; iat?: number } {
  try {
    const payload = token.split(".")[1] ?? "";
    const claims = JSON.parse(atob(payload.replace(/-/g, "+").replace(/_/g, "/")));
    const seconds = (value: unknown) => (typeof value === "number" ? value : undefined);
    return { exp: seconds(claims?.exp), iat: seconds(claims?.iat) };
  } catch {
    return {};
  }
}
