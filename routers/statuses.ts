import { z } from "zod";
import { pageOf } from "../server/domain/fields.ts";
import { createStatus, createStatusInput } from "../server/domain/projects/create-status.ts";
import { deleteStatus, deleteStatusInput } from "../server/domain/projects/delete-status.ts";
import { moveStatus, moveStatusInput } from "../server/domain/projects/move-status.ts";
import { listInProjectInput, listStatuses } from "../server/domain/projects/project.lists.ts";
import { statusViewSchema } from "../server/domain/projects/project.view.ts";
import { updateStatus, updateStatusInput } from "../server/domain/projects/update-status.ts";
import { mutates, procedure, rest, router } from "./trpc.ts";

export const statuses = router({
  create: procedure
    .meta(rest("POST /projects/{projectId}/statuses", "Add a status to a board", { access: "status.manage" }))
    .input(mutates(createStatusInput))
    .output(statusViewSchema)
    .mutation(({ ctx, input }) => createStatus(ctx, input)),
  list: procedure
    .meta(rest("GET /projects/{projectId}/statuses", "List a board's statuses, in order", { access: "project.read" }))
    .input(listInProjectInput)
    .output(pageOf(statusViewSchema))
    .query(({ ctx, input }) => listStatuses(ctx, input)),
  update: procedure
    .meta(
      rest("PATCH /statuses/{statusId}", "Change a status", {
        access: "status.manage",
        description: "A new category completes or reopens the tasks in it.",
      }),
    )
    .input(mutates(updateStatusInput))
    .output(statusViewSchema)
    .mutation(({ ctx, input }) => updateStatus(ctx, input)),
  move: procedure
    .meta(rest("POST /statuses/{statusId}/move", "Give a status another place", { access: "status.manage" }))
    .input(mutates(moveStatusInput))
    .output(statusViewSchema)
    .mutation(({ ctx, input }) => moveStatus(ctx, input)),
  delete: procedure
    .meta(
      rest("DELETE /statuses/{statusId}", "Take a status off the board", {
        access: "status.manage",
        description: "Its tasks, those in the trash too, go to `moveTasksToStatusId`. The last status stays.",
      }),
    )
    .input(mutates(deleteStatusInput))
    .output(z.object({ id: z.uuid() }))
    .mutation(({ ctx, input }) => deleteStatus(ctx, input)),
});
