import { TaskwireError } from "./errors.ts";

type Fetch = (url: URL | string, init?: { signal?: AbortSignal | null }) => Promise<Response>;

/**
 * A fetch that ends in time, and says of an answer that is not this server's (a proxy's page, say) what became of the call.
 *
 * @throws TaskwireError `network` | `too-large` | `rate-limited`; with `details.retry` when it may pass
 */
export const fetchJson =
  (timeoutMs: number): Fetch =>
  async (url, init) => {
    const timeout = AbortSignal.timeout(timeoutMs);
    const signal = init?.signal ? AbortSignal.any([init.signal, timeout]) : timeout;
    const response = await fetch(url, { ...init, signal }).catch((cause: unknown) => {
      if (init?.signal?.aborted) throw cause;
      const message = timeout.aborted ? `No answer within ${timeoutMs} ms.` : "The server could not be reached.";
      throw new TaskwireError("network", message, { retry: true }, { cause });
    });
    if (response.headers.get("content-type")?.includes("json")) return response;
    const { status } = response;
    const code = status === 413 ? "too-large" : status === 429 ? "rate-limited" : "network";
    await response.body?.cancel();
    throw new TaskwireError(code, `The answer is not JSON (status ${status}).`, { status, retry: status >= 502 });
  };

/** A server's address as calls need it: absolute (in a page, relative to it) and without a slash at the end. */
export function serverUrl(url: string): string {
  const page = (globalThis as { location?: { href: string } }).location;
  return new URL(url, page?.href).href.replace(/\/+$/, "");
}
