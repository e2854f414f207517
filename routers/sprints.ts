import { z } from "zod";
import { pageOf } from "../server/domain/fields.ts";
import { closeSprint, closeSprintInput } from "../server/domain/projects/close-sprint.ts";
import { createSprint, createSprintInput } from "../server/domain/projects/create-sprint.ts";
import { deleteSprint, sprintInput } from "../server/domain/projects/delete-sprint.ts";
import { listInProjectInput } from "../server/domain/projects/project.lists.ts";
import { startSprint, startSprintInput } from "../server/domain/projects/start-sprint.ts";
import { updateSprint, updateSprintInput } from "../server/domain/projects/update-sprint.ts";
import * as access from "../server/domain/projects/workflow.access.ts";
import { sprintViewSchema } from "../server/domain/projects/workflow.view.ts";
import { mutates, procedure, rest, router } from "./trpc.ts";

export const sprints = router({
  create: procedure
    .meta(rest("POST /projects/{projectId}/sprints", "Plan a sprint", { access: "sprint.manage" }))
    .input(mutates(createSprintInput))
    .output(sprintViewSchema)
    .mutation(({ ctx, input }) => createSprint(ctx, input)),
  list: procedure
    .meta(rest("GET /projects/{projectId}/sprints", "List a project's sprints, by start", { access: "project.read" }))
    .input(listInProjectInput)
    .output(pageOf(sprintViewSchema))
    .query(({ ctx, input }) => access.sprints.list(ctx, input)),
  update: procedure
    .meta(rest("PATCH /sprints/{sprintId}", "Change a sprint", { access: "sprint.manage" }))
    .input(mutates(updateSprintInput))
    .output(sprintViewSchema)
    .mutation(({ ctx, input }) => updateSprint(ctx, input)),
  start: procedure
    .meta(
      rest("POST /sprints/{sprintId}/start", "Begin a planned sprint", {
        access: "sprint.manage",
        description: "One at a time, unless the project's settings allow several.",
      }),
    )
    .input(mutates(startSprintInput))
    .output(sprintViewSchema)
    .mutation(({ ctx, input }) => startSprint(ctx, input)),
  close: procedure
    .meta(
      rest("POST /sprints/{sprintId}/close", "End a sprint and hand its unfinished tasks over", {
        access: "sprint.manage",
        description: "Tasks that are not completed go to another sprint, or to none, at the same moment.",
      }),
    )
    .input(mutates(closeSprintInput))
    .output(sprintViewSchema)
    .mutation(({ ctx, input }) => closeSprint(ctx, input)),
  delete: procedure
    .meta(rest("DELETE /sprints/{sprintId}", "Delete a sprint; its tasks stay", { access: "sprint.manage" }))
    .input(mutates(sprintInput))
    .output(z.object({ id: z.uuid() }))
    .mutation(({ ctx, input }) => deleteSprint(ctx, input)),
});
