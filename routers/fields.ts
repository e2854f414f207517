import { z } from "zod";
import { pageOf } from "../server/domain/fields.ts";
import { createField, createFieldInput } from "../server/domain/projects/create-field.ts";
import { deleteField, fieldInput } from "../server/domain/projects/delete-field.ts";
import { listInProjectInput } from "../server/domain/projects/project.lists.ts";
import { updateField, updateFieldInput } from "../server/domain/projects/update-field.ts";
import * as access from "../server/domain/projects/workflow.access.ts";
import { fieldViewSchema } from "../server/domain/projects/workflow.view.ts";
import { mutates, procedure, rest, router } from "./trpc.ts";

export const fields = router({
  create: procedure
    .meta(
      rest("POST /projects/{projectId}/fields", "Give a project's tasks a custom field", { access: "field.manage" }),
    )
    .input(mutates(createFieldInput))
    .output(fieldViewSchema)
    .mutation(({ ctx, input }) => createField(ctx, input)),
  list: procedure
    .meta(
      rest("GET /projects/{projectId}/fields", "List a project's custom fields, by name", { access: "project.read" }),
    )
    .input(listInProjectInput)
    .output(pageOf(fieldViewSchema))
    .query(({ ctx, input }) => access.fields.list(ctx, input)),
  update: procedure
    .meta(
      rest("PATCH /fields/{fieldId}", "Change a custom field and its choices", {
        access: "field.manage",
        description: "Choices that are left out go, also from every task that has them.",
      }),
    )
    .input(mutates(updateFieldInput))
    .output(fieldViewSchema)
    .mutation(({ ctx, input }) => updateField(ctx, input)),
  delete: procedure
    .meta(
      rest("DELETE /fields/{fieldId}", "Delete a custom field, also from its tasks and transitions", {
        access: "field.manage",
      }),
    )
    .input(mutates(fieldInput))
    .output(z.object({ id: z.uuid() }))
    .mutation(({ ctx, input }) => deleteField(ctx, input)),
});
