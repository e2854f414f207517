import { z } from "zod";
import { pageOf } from "../server/domain/fields.ts";
import { createMilestone, createMilestoneInput } from "../server/domain/projects/create-milestone.ts";
import { deleteMilestone, milestoneInput } from "../server/domain/projects/delete-milestone.ts";
import { listInProjectInput } from "../server/domain/projects/project.lists.ts";
import { updateMilestone, updateMilestoneInput } from "../server/domain/projects/update-milestone.ts";
import * as access from "../server/domain/projects/workflow.access.ts";
import { milestoneViewSchema } from "../server/domain/projects/workflow.view.ts";
import { mutates, procedure, rest, router } from "./trpc.ts";

export const milestones = router({
  create: procedure
    .meta(rest("POST /projects/{projectId}/milestones", "Set a milestone", { access: "milestone.manage" }))
    .input(mutates(createMilestoneInput))
    .output(milestoneViewSchema)
    .mutation(({ ctx, input }) => createMilestone(ctx, input)),
  list: procedure
    .meta(
      rest("GET /projects/{projectId}/milestones", "List a project's milestones, by day", { access: "project.read" }),
    )
    .input(listInProjectInput)
    .output(pageOf(milestoneViewSchema))
    .query(({ ctx, input }) => access.milestones.list(ctx, input)),
  update: procedure
    .meta(
      rest("PATCH /milestones/{milestoneId}", "Change a milestone, or say that it is reached", {
        access: "milestone.manage",
      }),
    )
    .input(mutates(updateMilestoneInput))
    .output(milestoneViewSchema)
    .mutation(({ ctx, input }) => updateMilestone(ctx, input)),
  delete: procedure
    .meta(
      rest("DELETE /milestones/{milestoneId}", "Delete a milestone; its tasks stay", { access: "milestone.manage" }),
    )
    .input(mutates(milestoneInput))
    .output(z.object({ id: z.uuid() }))
    .mutation(({ ctx, input }) => deleteMilestone(ctx, input)),
});
