import { z } from "zod";
import { pageOf } from "../server/domain/fields.ts";
import { createLabel, createLabelInput } from "../server/domain/projects/create-label.ts";
import { deleteLabel, labelInput } from "../server/domain/projects/delete-label.ts";
import { listInProjectInput, listLabels } from "../server/domain/projects/project.lists.ts";
import { labelViewSchema } from "../server/domain/projects/project.view.ts";
import { updateLabel, updateLabelInput } from "../server/domain/projects/update-label.ts";
import { mutates, procedure, rest, router } from "./trpc.ts";

export const labels = router({
  create: procedure
    .meta(rest("POST /projects/{projectId}/labels", "Make a label", { access: "label.manage" }))
    .input(mutates(createLabelInput))
    .output(labelViewSchema)
    .mutation(({ ctx, input }) => createLabel(ctx, input)),
  list: procedure
    .meta(rest("GET /projects/{projectId}/labels", "List a project's labels, by name", { access: "project.read" }))
    .input(listInProjectInput)
    .output(pageOf(labelViewSchema))
    .query(({ ctx, input }) => listLabels(ctx, input)),
  update: procedure
    .meta(rest("PATCH /labels/{labelId}", "Change a label", { access: "label.manage" }))
    .input(mutates(updateLabelInput))
    .output(labelViewSchema)
    .mutation(({ ctx, input }) => updateLabel(ctx, input)),
  delete: procedure
    .meta(rest("DELETE /labels/{labelId}", "Delete a label, also from its tasks", { access: "label.manage" }))
    .input(mutates(labelInput))
    .output(z.object({ id: z.uuid() }))
    .mutation(({ ctx, input }) => deleteLabel(ctx, input)),
});
