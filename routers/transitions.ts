import { z } from "zod";
import { pageOf } from "../server/domain/fields.ts";
import { createTransition, createTransitionInput } from "../server/domain/projects/create-transition.ts";
import { deleteTransition, transitionInput } from "../server/domain/projects/delete-transition.ts";
import { listInProjectInput } from "../server/domain/projects/project.lists.ts";
import { updateTransition, updateTransitionInput } from "../server/domain/projects/update-transition.ts";
import * as access from "../server/domain/projects/workflow.access.ts";
import { transitionViewSchema } from "../server/domain/projects/workflow.view.ts";
import { mutates, procedure, rest, router } from "./trpc.ts";

export const transitions = router({
  create: procedure
    .meta(
      rest("POST /projects/{projectId}/transitions", "Say how tasks may go from one status to another", {
        access: "workflow.manage",
        description: "Heeded where the setting `workflow` of the project is `guarded` or `restricted`.",
      }),
    )
    .input(mutates(createTransitionInput))
    .output(transitionViewSchema)
    .mutation(({ ctx, input }) => createTransition(ctx, input)),
  list: procedure
    .meta(rest("GET /projects/{projectId}/transitions", "List a project's transitions", { access: "project.read" }))
    .input(listInProjectInput)
    .output(pageOf(transitionViewSchema))
    .query(({ ctx, input }) => access.transitions.list(ctx, input)),
  update: procedure
    .meta(rest("PATCH /transitions/{transitionId}", "Change what a transition asks for", { access: "workflow.manage" }))
    .input(mutates(updateTransitionInput))
    .output(transitionViewSchema)
    .mutation(({ ctx, input: { mutationId: _, ...input } }) => updateTransition(ctx, input)),
  delete: procedure
    .meta(rest("DELETE /transitions/{transitionId}", "Delete a transition", { access: "workflow.manage" }))
    .input(mutates(transitionInput))
    .output(z.object({ id: z.uuid() }))
    .mutation(({ ctx, input }) => deleteTransition(ctx, input)),
});
