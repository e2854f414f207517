import { type RequestHandler, Router } from "express";
import { z } from "zod";
import type { App } from "../context.ts";
import { csvOf, tableOf, xlsxOf } from "../domain/time/export-report.ts";
import { timeReport, timeReportInput } from "../domain/time/time-report.ts";
import { invalid } from "../errors.ts";
import { type Authenticate, signedIn } from "./call.ts";
import { recordOf } from "./request.ts";
import { valuesOf } from "./rest-values.ts";

const exportInput = timeReportInput.extend({ format: z.enum(["csv", "xlsx"]).default("csv") });

const types = {
  csv: "text/csv; charset=utf-8",
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
};

/** `GET /time-reports/export?organizationId=…&by=…&format=csv|xlsx`, with the filter of `timeReports.get`: its table as a file. */
export function timeExport(app: App, authenticate: Authenticate): Router {
  const named: RequestHandler = (req, _res, next) => {
    recordOf(req).procedure = "timeReports.export";
    next();
  };
  return Router()
    .use(named)
    .get("/export", async (req, res) => {
      const ctx = await signedIn(app, authenticate, req, res, "time.read-own");
      const query = new URLSearchParams(req.url.split("?")[1] ?? "");
      const parsed = exportInput.safeParse(valuesOf(exportInput.shape, query));
      if (!parsed.success) {
        const [issue] = parsed.error.issues;
        throw invalid(String(issue?.path[0] ?? ""), issue?.message ?? "is not valid");
      }
      const { format, ...input } = parsed.data;
      const table = tableOf(input.by, await timeReport(ctx, input));
      const body = format === "csv" ? csvOf(table) : await xlsxOf(table);
      res.setHeader("content-type", types[format]);
      res.setHeader("content-disposition", `attachment; filename="time-${input.from}-${input.to}.${format}"`);
      res.setHeader("cache-control", "no-store");
      res.end(body);
    });
}
