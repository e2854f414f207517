import { z } from "zod";
import { id, pageOf } from "../server/domain/fields.ts";
import { createTimeEntry, createTimeEntryInput } from "../server/domain/time/create-time-entry.ts";
import { deleteTimeEntry, deleteTimeEntryInput } from "../server/domain/time/delete-time-entry.ts";
import {
  importedSchema,
  importTimeEntries,
  importTimeEntriesInput,
} from "../server/domain/time/import-time-entries.ts";
import { accessTimeEntry } from "../server/domain/time/time.access.ts";
import { listTimeEntries, listTimeEntriesInput } from "../server/domain/time/time.lists.ts";
import { timeEntryViewSchema } from "../server/domain/time/time.view.ts";
import { updateTimeEntry, updateTimeEntryInput } from "../server/domain/time/update-time-entry.ts";
import { mutates, procedure, rest, router } from "./trpc.ts";

export const timeEntries = router({
  get: procedure
    .meta(rest("GET /time-entries/{timeEntryId}", "Read booked time", { access: "time.read-own" }))
    .input(z.strictObject({ timeEntryId: id }))
    .output(timeEntryViewSchema)
    .query(({ ctx, input }) => accessTimeEntry(ctx, input.timeEntryId, "time.read-own", "time.read-others")),

  list: procedure
    .meta(
      rest("GET /organizations/{organizationId}/time-entries", "List booked time, the latest first", {
        access: "organization.read",
        scope: "time.read-own",
        description: "Mine, and others' in projects that I manage.",
      }),
    )
    .input(listTimeEntriesInput)
    .output(pageOf(timeEntryViewSchema))
    .query(({ ctx, input }) => listTimeEntries(ctx, input)),

  create: procedure
    .meta(
      rest("POST /projects/{projectId}/time-entries", "Book time", {
        access: "time.log",
        description: "So long on a day, or from one instant to another.",
      }),
    )
    .input(mutates(createTimeEntryInput))
    .output(timeEntryViewSchema)
    .mutation(({ ctx, input }) => createTimeEntry(ctx, input)),

  update: procedure
    .meta(
      rest("PATCH /time-entries/{timeEntryId}", "Change booked time", {
        access: "time.update-own",
        description: "Managers may do so with anybody's.",
      }),
    )
    .input(mutates(updateTimeEntryInput))
    .output(timeEntryViewSchema)
    .mutation(({ ctx, input }) => updateTimeEntry(ctx, input)),

  delete: procedure
    .meta(
      rest("DELETE /time-entries/{timeEntryId}", "Delete booked time", {
        access: "time.update-own",
        description: "Managers may do so with anybody's.",
      }),
    )
    .input(mutates(deleteTimeEntryInput))
    .output(z.object({ id: z.uuid() }))
    .mutation(({ ctx, input }) => deleteTimeEntry(ctx, input)),

  import: procedure
    .meta(
      rest("POST /organizations/{organizationId}/time-entries/import", "Book up to 1,000 rows of time, all or none", {
        access: "organization.read",
        scope: "time.log",
        description:
          "As rows or as CSV; things are named by their keys. What is wrong with each row is in `details.rows`.",
        example: {
          input: {
            organizationId: "01990a3c-5b1e-7c44-8f02-7d9a4c3bf2b8",
            rows: [{ task: "WEB-12", spentOn: "2027-01-11", from: "09:00", to: "10:30", comment: "Texts" }],
          },
        },
      }),
    )
    .input(mutates(importTimeEntriesInput))
    .output(importedSchema)
    .mutation(({ ctx, input }) => importTimeEntries(ctx, input)),
});
