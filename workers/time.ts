import { lockDueSheets } from "../server/domain/time/lock-timesheet.ts";
import { lockSheetsJob } from "../server/domain/time/time-settings.ts";
import { handleJob } from "./job.ts";
import { defineSchedule } from "./schedule.ts";

/** A closed period locks its sheets. */
export const lockSheets = handleJob(lockSheetsJob, {
  maxAttempts: 8,
  timeoutMs: 10 * 60_000,
  prefetch: 1,
  handle: (ctx, { organizationId }) => lockDueSheets(ctx, organizationId),
});

/** Approved sheets are locked when the organization's days for it are over. */
export const lockSheetsRegularly = defineSchedule({
  name: "time.lock-due-sheets",
  cron: "20 * * * *",
  handle: (ctx) => lockDueSheets(ctx, null),
});
