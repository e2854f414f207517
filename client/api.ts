import {
  createTRPCClient,
  httpBatchLink,
  httpLink,
  retryLink,
  splitLink,
  type TRPCClient,
  type TRPCLink,
} from "@trpc/client";
import { v7 } from "uuid";
import { backoffMs } from "./backoff.ts";
import { errorOf } from "./errors.ts";
import { fetchJson } from "./http.ts";
import type { GetToken } from "./token.ts";
import type { AppRouter } from "./types.ts";

/** Every procedure of the server: `api.tasks.move.mutate({ … })`. */
export type Api = TRPCClient<AppRouter>;

interface ApiOptions {
  /** Where the server is, without a slash at the end. */
  url: string;
  getToken: GetToken;
  /** How often a call is sent at most, the first time included. */
  maxAttempts: number;
  /** An attempt without an answer fails after this time. */
  timeoutMs: number;
}

/** What one call remembers between its attempts. */
interface CallContext {
  /** It was sent without a person. */
  anonymous?: boolean;
  refreshed?: boolean;
}

/**
 * The typed calls. Queries of one moment share a request, ten at most; a mutation goes alone. What got no answer is sent
 * again: a mutation under the same `mutationId`, so that it acts once however often it arrives.
 */
export function createApi({ url, getToken, maxAttempts, timeoutMs }: ApiOptions): Api {
  const headers = async (contexts: CallContext[]) => {
    const token = await getToken({ fresh: contexts.some((context) => context.refreshed === true) });
    for (const context of contexts) context.anonymous = token === null;
    return token === null ? {} : { authorization: `Bearer ${token}` };
  };
  const http = { url: `${url}/trpc`, fetch: fetchJson(timeoutMs) };
  return createTRPCClient<AppRouter>({
    links: [
      withMutationId,
      retryLink({
        retry: ({ op, error, attempts }) => {
          const context = op.context as CallContext;
          const { error: code, details } = errorOf(error);
          if (code === "auth.expired" && !context.anonymous && !context.refreshed) {
            context.refreshed = true;
            return true;
          }
          // Without a person the server remembers no mutationId, so the call might act twice.
          const repeatable = op.type === "query" || !context.anonymous;
          return repeatable && details["retry"] === true && attempts < maxAttempts;
        },
        retryDelayMs: (attempt) => backoffMs(attempt, { baseMs: 200, maxMs: 5_000 }),
      }),
      splitLink({
        condition: ({ type, path }) => type === "query" && path !== "sync.snapshot", // which is large
        true: httpBatchLink({
          ...http,
          maxItems: 10,
          maxURLLength: 4_000,
          headers: ({ opList }) => headers(opList.map((op) => op.context)),
        }),
        false: httpLink({ ...http, headers: ({ op }) => headers([op.context]) }),
      }),
    ],
  });
}

/** Every mutation gets a `mutationId`, unless the caller gave one. */
const withMutationId: TRPCLink<AppRouter> =
  () =>
  ({ op, next }) =>
    next(op.type === "mutation" ? { ...op, input: { mutationId: v7(), ...(op.input as object | undefined) } } : op);
