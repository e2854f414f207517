import cors from "cors";
import type { RequestHandler } from "express";
import type { Config } from "../config.ts";
import { isAllowedOrigin } from "../platform/origins.ts";

/** Answers preflights and marks responses for the origins that may call; others get no header that would let them read. */
export const crossOrigin = (config: Config): RequestHandler =>
  cors({
    origin: (origin, done) => done(null, origin !== undefined && isAllowedOrigin(config, origin)),
    credentials: true,
    methods: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
    allowedHeaders: [
      "authorization",
      "content-type",
      "idempotency-key",
      "if-none-match",
      "if-range",
      "range",
      "x-csrf-token",
      "x-request-id",
      "trpc-accept",
      "x-trpc-source",
    ],
    exposedHeaders: ["x-request-id", "retry-after", "etag", "content-range", "content-disposition"],
    maxAge: 600,
    optionsSuccessStatus: 204,
  });
