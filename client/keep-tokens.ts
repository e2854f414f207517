import { v7 } from "uuid";
import { createApi } from "./api.ts";
import { errorOf } from "./errors.ts";
import { serverUrl } from "./http.ts";
import { type GetToken, renewAfterMs } from "./token.ts";

/** What `auth.login` answers. */
export interface Tokens {
  /** For calls and connections, good for some minutes. */
  readonly access: string;
  /** For a new pair; good once. */
  readonly refresh: string;
}

export interface KeepTokensOptions {
  /** Where the server is, as for `createTaskwire`. */
  url: string;
  tokens: Tokens;
  /** Told of every new pair before it is used, so that it can be stored, and of null when the session is over. */
  onChange?: (tokens: Tokens | null) => void;
}

/** Tokens this new answer for a fresh one: several calls may have been refused with the one before. */
const newForMs = 5_000;

/**
 * A `getToken` for one session: the access token while it lasts, then that of a new pair. Only one exchange takes place
 * at a time, since a refresh token that is used twice ends the session; so keep each pair in one place (one tab).
 */
export function keepTokens({ url, tokens, onChange = () => {} }: KeepTokensOptions): GetToken {
  const api = createApi({ url: serverUrl(url), getToken: () => null, maxAttempts: 1, timeoutMs: 10_000 });
  let current: Tokens | null = tokens;
  /** One for each refresh token: if the answer is lost, the same exchange is asked for again, not a second one. */
  let mutationId = v7();
  let changedAt = Number.NEGATIVE_INFINITY;
  let dueAt = dueOf(tokens, Date.now());
  let exchanging: Promise<string | null> | null = null;

  async function exchange(refreshToken: string): Promise<string | null> {
    try {
      const { accessToken, refreshToken: next } = await api.auth.refresh.mutate({ refreshToken, mutationId });
      current = { access: accessToken, refresh: next ?? refreshToken };
      mutationId = v7();
      changedAt = Date.now();
      dueAt = dueOf(current, null);
      onChange(current);
      return accessToken;
    } catch (thrown) {
      const error = errorOf(thrown);
      if (!error.error.startsWith("auth.")) throw error; // the token may still be good
      current = null;
      onChange(null);
      return null;
    } finally {
      exchanging = null;
    }
  }

  return ({ fresh }) => {
    if (exchanging || !current) return exchanging;
    const isDue = fresh ? Date.now() - changedAt > newForMs : Date.now() >= dueAt;
    if (!isDue) return current.access;
    exchanging = exchange(current.refresh);
    return exchanging;
  };
}

function dueOf({ access }: Tokens, now: number | null): number {
  const ms = renewAfterMs(access, now);
  return ms === null ? Number.POSITIVE_INFINITY : Date.now() + ms;
}
