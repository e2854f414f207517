import { z } from "zod";
import { pageOf } from "../server/domain/fields.ts";
import { listInProjectInput } from "../server/domain/projects/project.lists.ts";
import { createRecurrence, createRecurrenceInput } from "../server/domain/tasks/create-recurrence.ts";
import * as access from "../server/domain/tasks/recurrence.view.ts";
import {
  deleteRecurrence,
  recurrenceInput,
  updateRecurrence,
  updateRecurrenceInput,
} from "../server/domain/tasks/update-recurrence.ts";
import { mutates, procedure, rest, router } from "./trpc.ts";

/** Tasks that come again. */
export const recurrences = router({
  create: procedure
    .meta(
      rest("POST /tasks/{taskId}/recurrences", "Let a task come again", {
        access: "recurrence.manage",
        description:
          "At each occurrence of the rule (RFC 5545) a copy of the task, as it then is, begins where tasks begin. The time is local to the time zone.",
      }),
    )
    .input(mutates(createRecurrenceInput))
    .output(access.recurrenceViewSchema)
    .mutation(({ ctx, input }) => createRecurrence(ctx, input)),
  list: procedure
    .meta(
      rest("GET /projects/{projectId}/recurrences", "List what comes again in a project", { access: "project.read" }),
    )
    .input(listInProjectInput)
    .output(pageOf(access.recurrenceViewSchema))
    .query(({ ctx, input }) => access.recurrences.list(ctx, input)),
  update: procedure
    .meta(
      rest("PATCH /recurrences/{recurrenceId}", "Change, pause or resume what comes again", {
        access: "recurrence.manage",
      }),
    )
    .input(mutates(updateRecurrenceInput))
    .output(access.recurrenceViewSchema)
    .mutation(({ ctx, input }) => updateRecurrence(ctx, input)),
  delete: procedure
    .meta(rest("DELETE /recurrences/{recurrenceId}", "Let a task come again no more", { access: "recurrence.manage" }))
    .input(mutates(recurrenceInput))
    .output(z.object({ id: z.uuid() }))
    .mutation(({ ctx, input }) => deleteRecurrence(ctx, input)),
});
