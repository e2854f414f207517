import { z } from "zod";
import { pageOf } from "../server/domain/fields.ts";
import {
  deleteTemplate,
  getTemplate,
  listTemplates,
  listTemplatesInput,
  templateInput,
  templateWithContentSchema,
  updateTemplate,
  updateTemplateInput,
} from "../server/domain/projects/template.access.ts";
import { templateViewSchema } from "../server/domain/projects/template.view.ts";
import { createTemplate, createTemplateInput } from "../server/domain/tasks/save-template.ts";
import { mutates, procedure, rest, router } from "./trpc.ts";

/** What projects can begin with; `projects.create` takes one. */
export const templates = router({
  create: procedure
    .meta(
      rest("POST /projects/{projectId}/templates", "Make a template of a project", {
        access: "template.manage",
        description:
          "Settings, statuses, transitions, fields and labels; sprints, milestones, tasks and people as wanted.",
      }),
    )
    .input(mutates(createTemplateInput))
    .output(templateViewSchema)
    .mutation(({ ctx, input }) => createTemplate(ctx, input)),
  list: procedure
    .meta(
      rest("GET /organizations/{organizationId}/templates", "List an organization's templates, by name", {
        access: "project.create",
      }),
    )
    .input(listTemplatesInput)
    .output(pageOf(templateViewSchema))
    .query(({ ctx, input }) => listTemplates(ctx, input)),
  get: procedure
    .meta(rest("GET /templates/{templateId}", "Read a template with all it holds", { access: "project.create" }))
    .input(templateInput.strict())
    .output(templateWithContentSchema)
    .query(({ ctx, input }) => getTemplate(ctx, input)),
  update: procedure
    .meta(rest("PATCH /templates/{templateId}", "Rename or describe a template", { access: "template.manage" }))
    .input(mutates(updateTemplateInput))
    .output(templateViewSchema)
    .mutation(({ ctx, input }) => updateTemplate(ctx, input)),
  delete: procedure
    .meta(rest("DELETE /templates/{templateId}", "Delete a template; projects stay", { access: "template.manage" }))
    .input(mutates(templateInput))
    .output(z.object({ id: z.uuid() }))
    .mutation(({ ctx, input }) => deleteTemplate(ctx, input)),
});
