import { timeReport, timeReportInput, timeReportSchema } from "../server/domain/time/time-report.ts";
import { described, procedure, rest, router } from "./trpc.ts";

export const timeReports = router({
  get: procedure
    .meta(
      rest("GET /organizations/{organizationId}/time-report", "Read booked time in groups, with totals and estimates", {
        access: "organization.read",
        scope: "time.read-own",
        description:
          "Mine, and others' in projects that I manage. `?by=person&by=week`; `GET /time-reports/export` with the same query and `format=csv` or `xlsx` answers a file.",
      }),
    )
    .input(timeReportInput)
    .output(described(timeReportSchema))
    .query(({ ctx, input }) => timeReport(ctx, input)),
});
