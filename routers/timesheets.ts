import { z } from "zod";
import { id, pageOf } from "../server/domain/fields.ts";
import {
  approveTimesheet,
  approveTimesheetInput,
  returnTimesheet,
  returnTimesheetInput,
} from "../server/domain/time/decide-timesheet.ts";
import { lockTimesheet } from "../server/domain/time/lock-timesheet.ts";
import { submitTimesheet, timesheetInput, withdrawTimesheet } from "../server/domain/time/submit-timesheet.ts";
import {
  listTimesheets,
  listTimesheetsInput,
  openTimesheet,
  openTimesheetInput,
} from "../server/domain/time/time.lists.ts";
import { timesheetViewSchema } from "../server/domain/time/time.view.ts";
import { accessTimesheet } from "../server/domain/time/timesheet.access.ts";
import { viewOfSheet } from "../server/domain/time/timesheet.save.ts";
import { mutates, procedure, rest, router } from "./trpc.ts";

export const timesheets = router({
  get: procedure
    .meta(
      rest("GET /timesheets/{timesheetId}", "Read a timesheet", {
        access: "signed-in",
        scope: "time.read-own",
        description: "One's own, or one that one may approve. Its time is in the channel `timesheet:<id>`.",
      }),
    )
    .input(z.strictObject({ timesheetId: id }))
    .output(timesheetViewSchema)
    .query(async ({ ctx, input }) => viewOfSheet(await accessTimesheet(ctx, input.timesheetId, "read"))),

  list: procedure
    .meta(
      rest("GET /organizations/{organizationId}/timesheets", "List timesheets, the latest first", {
        access: "organization.read",
        scope: "time.read-own",
        description: "Mine, those I may approve, and those that speak of projects I manage.",
      }),
    )
    .input(listTimesheetsInput)
    .output(pageOf(timesheetViewSchema))
    .query(({ ctx, input }) => listTimesheets(ctx, input)),

  open: procedure
    .meta(
      rest("POST /organizations/{organizationId}/timesheets", "Open my timesheet for a day", {
        access: "organization.read",
        scope: "time.log",
        description: "The one that holds the day, made if there is none yet. Booking time does so by itself.",
      }),
    )
    .input(mutates(openTimesheetInput))
    .output(timesheetViewSchema)
    .mutation(({ ctx, input }) => openTimesheet(ctx, input)),

  submit: procedure
    .meta(
      rest("POST /timesheets/{timesheetId}/submit", "Hand in my timesheet", {
        access: "signed-in",
        scope: "time.log",
        description: "Its time no longer changes until it is returned or taken back.",
      }),
    )
    .input(mutates(timesheetInput))
    .output(timesheetViewSchema)
    .mutation(({ ctx, input }) => submitTimesheet(ctx, input)),

  withdraw: procedure
    .meta(
      rest("POST /timesheets/{timesheetId}/withdraw", "Take my timesheet back", {
        access: "signed-in",
        scope: "time.log",
      }),
    )
    .input(mutates(timesheetInput))
    .output(timesheetViewSchema)
    .mutation(({ ctx, input }) => withdrawTimesheet(ctx, input)),

  approve: procedure
    .meta(
      rest("POST /timesheets/{timesheetId}/approve", "Approve a timesheet", {
        access: "timesheet.approve",
        description:
          "Also for who manages all projects that its time was spent on. Not one's own, unless the settings allow it.",
      }),
    )
    .input(mutates(approveTimesheetInput))
    .output(timesheetViewSchema)
    .mutation(({ ctx, input }) => approveTimesheet(ctx, input)),

  return: procedure
    .meta(
      rest("POST /timesheets/{timesheetId}/return", "Return a timesheet with a comment", {
        access: "timesheet.approve",
        description:
          "Its person can change its time again. Also for who manages all projects that its time was spent on.",
      }),
    )
    .input(mutates(returnTimesheetInput))
    .output(timesheetViewSchema)
    .mutation(({ ctx, input }) => returnTimesheet(ctx, input)),

  lock: procedure
    .meta(
      rest("POST /timesheets/{timesheetId}/lock", "Lock an approved timesheet for good", {
        access: "timesheet.approve",
        description: "Also for who manages all projects that its time was spent on.",
      }),
    )
    .input(mutates(timesheetInput))
    .output(timesheetViewSchema)
    .mutation(({ ctx, input }) => lockTimesheet(ctx, input)),
});
