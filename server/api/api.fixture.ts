import type { AddressInfo } from "node:net";
import type { Logger } from "pino";
import { test as base } from "vitest";
import { z } from "zod";
import { described, mutates, procedure, publicProcedure, rest, router } from "../../routers/trpc.ts";
import { type ApiOptions, createApi } from "../api.ts";
import type { Actor, App } from "../context.ts";
import { AppError, stale } from "../errors.ts";
import { createLimits } from "../platform/limits.ts";
import { createLog } from "../platform/log.ts";
import { openTestApp } from "../testing/app.ts";
import { createHttpServer } from "./http-server.ts";

const note = z.object({
  id: z.string(),
  text: z.string(),
  stars: z.int(),
  pinned: z.boolean(),
  tags: z.array(z.string()),
});

const notes = router({
  get: procedure
    .meta(rest("GET /notes/{id}", "Read a note", { access: "signed-in", example: { input: { id: "n1", stars: 3 } } }))
    .input(
      z.strictObject({
        id: z.string().max(20),
        stars: z.int().min(0).default(0),
        pinned: z.boolean().default(false),
        tags: z.array(z.string()).default([]),
      }),
    )
    .output(described(note))
    .query(({ input }) => ({ text: "A note", ...input })),
  count: publicProcedure
    .meta(rest("GET /notes/count", "Count the notes", { access: "everybody" }))
    .output(z.object({ count: z.int() }))
    .query(() => ({ count: 1 })),
  long: publicProcedure
    .meta(rest("GET /notes/long", "Read a long note", { access: "everybody" }))
    .output(z.object({ text: z.string() }))
    .query(() => ({ text: "long ".repeat(1_000) })),
  write: procedure
    .meta(rest("POST /notes/{id}", "Write a note", { access: "task.create" }))
    .input(mutates(z.object({ id: z.string(), text: z.string() })))
    .output(z.object({ id: z.string(), text: z.string(), mutation: z.string().nullable() }))
    .mutation(({ ctx, input: { id, text } }) => ({ id, text, mutation: ctx.mutation?.id ?? null })),
  clear: procedure
    .meta(rest("POST /notes/clear", "Delete all notes", { access: "signed-in" }))
    .output(z.object({ cleared: z.literal(true) }))
    .mutation(() => ({ cleared: true as const })),
  fail: publicProcedure
    .meta(rest("POST /notes/fail", "Fail", { access: "everybody" }))
    .input(
      mutates(
        z.object({ how: z.enum(["unknown", "text", "stale", "down", "output"]), password: z.string().optional() }),
      ),
    )
    .output(z.object({ never: z.string() }))
    .mutation(({ input }) => {
      if (input.how === "unknown") throw new Error(`no table notes, ${input.how}`);
      if (input.how === "text") throw "a text";
      if (input.how === "down") throw new AppError("upstream.down", "The database went away.");
      if (input.how === "stale") throw stale({ id: "n1", version: 2 });
      return { never: 1 as unknown as string };
    }),
  cookie: publicProcedure
    .meta(rest("POST /notes/cookie", "Set a cookie", { access: "everybody" }))
    .output(z.object({ set: z.literal(true) }))
    .mutation(({ ctx }) => {
      ctx.origin.setCookie?.("crumb=1; HttpOnly");
      return { set: true as const };
    }),
});
const auth = router({
  login: publicProcedure
    .meta(rest("POST /auth/login", "Sign in", { access: "everybody" }))
    .input(mutates(z.object({ username: z.string(), password: z.string() })))
    .output(z.object({ access: z.string(), refresh: z.string() }))
    .mutation(() => ({ access: "access-token-1", refresh: "refresh-token-1" })),
});
const exampleRouter = router({ auth, notes });

export const actor: Actor = {
  userId: "0199a000-0000-7000-8000-000000000001",
  sessionId: "0199a000-0000-7000-8000-000000000002",
};

/** Knows one token; everything else about sign-in has its own tests. */
const authenticate: NonNullable<ApiOptions["authenticate"]> = async (_app, { headers }) => {
  if (headers.authorization === undefined) return null;
  if (headers.authorization === "Bearer good") return actor;
  throw new AppError("auth.expired", "The token has expired.");
};

export interface Api {
  readonly url: string;
  readonly app: App;
  /** The lines logged so far. */
  lines(): Record<string, unknown>[];
  close(): Promise<void>;
}

/** A listening server with the example router, and its log. */
export async function serve(
  app: App,
  config: Partial<App["config"]> = {},
  options: Partial<ApiOptions> = {},
): Promise<Api> {
  const written: string[] = [];
  const configured = { ...app.config, ...config };
  const log: Logger = createLog({ LOG_LEVEL: "debug" }, { write: (line) => void written.push(line) });
  const own: App = { ...app, config: configured, log, limits: createLimits(configured) };
  const api = createApi({ app: own, router: exampleRouter, authenticate, jwks: () => ({ keys: [] }), ...options });
  const server = createHttpServer(api);
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    app: own,
    lines: () => written.map((line) => JSON.parse(line)),
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

export const test = base
  .extend(
    "database",
    { scope: "file" }, // biome-ignore lint/correctness/noEmptyPattern: vitest reads the fixtures needed from the pattern
    async ({}, { onCleanup }) => {
      const { app, close } = await openTestApp();
      onCleanup(close);
      return app;
    },
  )
  .extend("api", { scope: "file" }, async ({ database }, { onCleanup }) => {
    const api = await serve(database);
    onCleanup(() => api.close());
    return api;
  });
