import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { stringify } from "csv-stringify";
import { Router } from "express";
import { z } from "zod";
import type { App } from "../context.ts";
import { type AuditEntryView, exportAudit, exportAuditInput } from "../domain/organizations/audit.queries.ts";
import { type Authenticate, logFailure, signedIn } from "./call.ts";
import { calls } from "./request.ts";
import { queryOf } from "./rest-values.ts";

const exportInput = exportAuditInput.extend({ format: z.enum(["csv", "ndjson"]).default("csv") });

const columns = [
  ...["id", "at", "action", "actorId", "actorName", "subjectId", "targetType", "targetId", "before", "after"],
  ...["ip", "userAgent", "requestId", "sessionId", "apiTokenId"],
];

/** `GET /audit/export?organizationId=…&format=csv|ndjson`, with the filter of `audit.list`: the whole log as a stream. */
export function auditExport(app: App, authenticate: Authenticate): Router {
  return Router()
    .use(calls("audit.export"))
    .get("/export", async (req, res) => {
      const ctx = await signedIn(app, authenticate, req, res, "audit.read");
      const { format, ...input } = queryOf(exportInput, req.originalUrl);
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
