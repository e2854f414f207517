import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { stringify } from "csv-stringify";
import { type RequestHandler, Router } from "express";
import { z } from "zod";
import type { App } from "../context.ts";
import { type AuditEntryView, exportAudit, exportAuditInput } from "../domain/organizations/audit.queries.ts";
import { invalid } from "../errors.ts";
import { type Authenticate, logFailure, signedIn } from "./call.ts";
import { recordOf } from "./request.ts";
import { valuesOf } from "./rest-values.ts";

const exportInput = exportAuditInput.extend({ format: z.enum(["csv", "ndjson"]).default("csv") });

const columns = [
  ...["id", "at", "action", "actorId", "actorName", "subjectId", "targetType", "targetId", "before", "after"],
  ...["ip", "userAgent", "requestId", "sessionId", "apiTokenId"],
];

/** `GET /audit/export?organizationId=…&format=csv|ndjson`, with the filter of `audit.list`: the whole log as a stream. */
export function auditExport(app: App, authenticate: Authenticate): Router {
  const named: RequestHandler = (req, _res, next) => {
    recordOf(req).procedure = "audit.export";
    next();
  };
  return Router()
    .use(named)
    .get("/export", async (req, res) => {
      const ctx = await signedIn(app, authenticate, req, res, "audit.read");
      const query = new URLSearchParams(req.url.split("?")[1] ?? "");
      const parsed = exportInput.safeParse(valuesOf(exportInput.shape, query));
      if (!parsed.success) {
        const [issue] = parsed.error.issues;
        throw invalid(String(issue?.path[0] ?? ""), issue?.message ?? "is not valid");
      }
      const { format, ...input } = parsed.data;
      const batches = exportAudit(ctx, input);
      const first = await batches.next(); // a refusal comes before the headers
      const type = format === "csv" ? "text/csv" : "application/x-ndjson";
      res.setHeader("content-type", `${type}; charset=utf-8`);
      res.setHeader("content-disposition", `attachment; filename="audit.${format}"`);
      res.setHeader("cache-control", "no-store");
      const entries = Readable.from(flat(first.value ?? [], batches));
      try {
        // A cell that a spreadsheet would run as a formula is escaped.
        if (format === "csv") await pipeline(entries, stringify({ header: true, columns, escape_formulas: true }), res);
        else await pipeline(entries, lines, res);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ERR_STREAM_PREMATURE_CLOSE") {
          logFailure(app, req, "audit.export", error);
        }
        res.destroy();
      }
    });
}

async function* flat(first: AuditEntryView[], rest: AsyncGenerator<AuditEntryView[]>): AsyncGenerator<AuditEntryView> {
  yield* first;
  for await (const batch of rest) yield* batch;
}

async function* lines(entries: AsyncIterable<AuditEntryView>): AsyncGenerator<string> {
  for await (const entry of entries) yield `${JSON.stringify(entry)}\n`;
}
