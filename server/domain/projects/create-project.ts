import { z } from "zod";
import { Project, ProjectMember, Status } from "../../../db/entities/projects.ts";
import type { Ctx } from "../../context.ts";
import { invalid, notFound } from "../../errors.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { day, id, name, text } from "../fields.ts";
import { accessOrganization, requireMember } from "../organizations/organization.access.ts";
import { ranksBetween } from "../rank.ts";
import { permissionsOf, roleRights } from "../rights.ts";
import { insert, insertAll } from "../save.ts";
import { applyTemplate } from "./apply-template.ts";
import { builtInNames, builtInTemplates } from "./built-in-templates.ts";
import { projectAccessGiven, projectCreated, projectMemberAdded, statusCreated } from "./project.events.ts";
import { freeKey, projectKey, requireOwnKey } from "./project.key.ts";
import { type ProjectMemberView, type ProjectView, type StatusView, visibilities } from "./project.view.ts";
import { accessTemplate } from "./template.access.ts";
import type { TemplateContent } from "./template.view.ts";

export const createProjectInput = z.object({
  organizationId: id,
  name: name(100),
  key: projectKey.optional().describe("prefix of its tasks' keys; absent: made from the name"),
  description: text(20_000).default(""),
  visibility: z.enum(visibilities).default("organization"),
  templateId: id.optional().describe("a template of the organization; or `builtIn`"),
  builtIn: z.enum(builtInNames).optional().describe("a template that comes with the product; or `templateId`"),
  assign: z
    .array(z.strictObject({ placeholder: z.string().max(200), userId: id }))
    .max(200)
    .default([])
    .describe("who stands for the template's placeholders; the tasks of others are nobody's at first"),
  startsOn: day.optional().describe("the day that days of the template's tasks are counted from; default: today (UTC)"),
});

const usualStatuses = (
  [
    ["Backlog", "backlog"],
    ["To do", "todo"],
    ["In progress", "in_progress"],
    ["Done", "done"],
    ["Cancelled", "cancelled"],
  ] as const
).map(([name, category]) => ({ name, category, wipLimit: null }));

/**
 * Begins a project with the usual statuses, or with all that a template has; the caller becomes its manager.
 *
 * @throws AppError `not-found` (also the template) | `access.denied` | `validation.failed` (both kinds of template, a
 *   placeholder that it does not have, somebody who cannot read the project)
 *   | `conflict` (another project of the organization has or had this key)
 */
export const createProject = (ctx: Ctx, input: z.output<typeof createProjectInput>): Promise<ProjectView> =>
  inTransaction(ctx, async (ctx) => {
    const { organization } = await accessOrganization(ctx, input.organizationId, "project.create");
    const organizationId = organization.id;
    const me = await requireMember(ctx, organizationId, ctx.actor.userId);
    const template = await templateFor(ctx, organizationId, input);
    if (input.key) await requireOwnKey(ctx, organizationId, input.key, null);
    const key = input.key ?? (await freeKey(ctx, organizationId, input.name));

    const { name, description, visibility } = input;
    const archivedAt = null;
    const project = await insert<Project, ProjectView>(ctx, Project, {
      ...{ organizationId, name, key, description, visibility, archivedAt },
    });
    record(ctx, projectCreated, null, project);

    const inProject = { organizationId, projectId: project.id };
    const given = { ...inProject, userId: me.userId, teamId: null, role: "manager" as const, roleId: null };
    const manager = await insert<ProjectMember, Omit<ProjectMemberView, "name">>(ctx, ProjectMember, given);
    record(ctx, projectMemberAdded, null, { ...manager, name: me.name });
    const access = { id: project.id, organizationId, userId: me.userId, role: "manager" as const };
    record(ctx, projectAccessGiven, null, { ...access, permissions: permissionsOf(roleRights.manager) });

    const wanted = template?.statuses ?? usualStatuses;
    const ranks = ranksBetween(null, null, wanted.length) as string[];
    const rows = wanted.map((status, at) => ({ ...inProject, ...status, rank: ranks[at] as string }));
    const statuses = await insertAll<Status, StatusView>(ctx, Status, rows);
    for (const status of statuses) record(ctx, statusCreated, null, status);
    if (!template && input.assign.length > 0) throw invalid("assign", "There is no template with placeholders.");
    if (!template) return project;
    const startsOn = input.startsOn ?? ctx.now.toISOString().slice(0, 10);
    return applyTemplate(ctx, project, statuses, template, { startsOn, assign: input.assign });
  });

async function templateFor(
  ctx: Ctx,
  organizationId: string,
  { templateId, builtIn }: z.output<typeof createProjectInput>,
): Promise<TemplateContent | null> {
  if (templateId && builtIn) throw invalid("templateId", "give either templateId or builtIn");
  if (!templateId) return builtIn ? builtInTemplates[builtIn] : null;
  const { template, content } = await accessTemplate(ctx, templateId, "project.create");
  if (template.organizationId !== organizationId) throw notFound("template", templateId);
  return content;
}
