import { Router } from "express";
import { z } from "zod";
import type { App } from "../context.ts";
import { csvOf, tableOf, xlsxOf } from "../domain/time/export-report.ts";
import { timeReport, timeReportInput } from "../domain/time/time-report.ts";
import { type Authenticate, signedIn } from "./call.ts";
import { calls } from "./request.ts";
import { queryOf } from "./rest-values.ts";

const exportInput = timeReportInput.extend({ format: z.enum(["csv", "xlsx"]).default("csv") });

const types = {
  csv: "text/csv; charset=utf-8",
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
};

/** `GET /time-reports/export?organizationId=…&by=…&format=csv|xlsx`, with the filter of `timeReports.get`: its table as a file. */
export function timeExport(app: App, authenticate: Authenticate): Router {
  return Router()
    .use(calls("timeReports.export"))
    .get("/export", async (req, res) => {
      const ctx = await signedIn(app, authenticate, req, res, "time.read-own");
      const { format, ...input } = queryOf(exportInput, req.originalUrl);
      const table = tableOf(input.by, await timeReport(ctx, input));
      const body = format === "csv" ? csvOf(table) : await xlsxOf(table);
      res.setHeader("content-type", types[format]);
      res.setHeader("content-disposition", `attachment; filename="time-${input.from}-${input.to}.${format}"`);
      res.setHeader("cache-control", "no-store");
      res.end(body);
    });
}
