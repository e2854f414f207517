import { z } from "zod";
import { Template } from "../../../db/entities/projects.ts";
import type { Ctx } from "../../context.ts";
import { notFound } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { pageFrom, placeOf } from "../cursor.ts";
import { id, name, page, seenVersion, text } from "../fields.ts";
import { accessOrganization } from "../organizations/organization.access.ts";
import type { OrganizationPermission } from "../permissions.ts";
import { requireSeen, save } from "../save.ts";
import {
  type TemplateContent,
  type TemplateView,
  templateColumns,
  templateContentSchema,
  templateViewSchema,
} from "./template.view.ts";
import { templateDeleted, templateUpdated } from "./workflow.events.ts";

const placeStatement = statement(
  "template.place",
  `select organization_id as "organizationId" from projects.templates where id = $1`,
);
const readStatement = statement(
  "template.access",
  `select ${templateColumns}, tp.content from projects.templates tp where tp.id = $1 and tp.organization_id = $2`,
);

export const templateWithContentSchema = templateViewSchema.extend({ content: templateContentSchema });

/** The only way to a template by id. Inside a transaction its organization is locked. */
export async function accessTemplate(
  ctx: Ctx,
  templateId: string,
  permission: OrganizationPermission,
): Promise<{ template: TemplateView; content: TemplateContent }> {
  const [place] = await ctx.sql.query<{ organizationId: string }>(placeStatement, [templateId]);
  if (!place) throw notFound("template", templateId);
  await accessOrganization(ctx, place.organizationId, permission).catch((error) => {
    throw error.code === "not-found" ? notFound("template", templateId) : error;
  });
  const [row] = await ctx.sql.query<TemplateView & { content: unknown }>(readStatement, [
    ...[templateId, place.organizationId],
  ]);
  if (!row) throw notFound("template", templateId);
  const { content, ...template } = row;
  return { template, content: templateContentSchema.parse(content) }; // what was not kept yet is not there
}

export const templateInput = z.object({ templateId: id });

/** @throws AppError `not-found` | `access.denied` */
export async function getTemplate(ctx: Ctx, { templateId }: z.output<typeof templateInput>) {
  const { template, content } = await accessTemplate(ctx, templateId, "project.create");
  return { ...template, content };
}

export const listTemplatesInput = z.strictObject({ organizationId: id, ...page });
const listStatement = statement(
  "template.list",
  `select ${templateColumns}, lower(tp.name) as "sortText" from projects.templates tp where tp.organization_id = $1
    and ($2::text is null or (lower(tp.name), tp.id) > ($2, $3::uuid)) order by lower(tp.name), tp.id limit $4`,
);

/** An organization's templates, by name. @throws AppError `not-found` | `access.denied` | `validation.failed` (cursor) */
export async function listTemplates(ctx: Ctx, input: z.output<typeof listTemplatesInput>) {
  const place = placeOf(input.cursor);
  await accessOrganization(ctx, input.organizationId, "project.create");
  const values = [input.organizationId, ...place, input.limit + 1];
  return pageFrom(await ctx.sql.query<TemplateView & { sortText: string }>(listStatement, values), input.limit);
}

export const templateWords = { name: name(100), description: text(5_000) };
export const updateTemplateInput = z.object(templateWords).partial().extend({ templateId: id, version: seenVersion });

/** @throws AppError `not-found` | `access.denied` | `stale` | `conflict` (the organization has a template of this name) */
export const updateTemplate = (ctx: Ctx, input: z.output<typeof updateTemplateInput>): Promise<TemplateView> =>
  inTransaction(ctx, async (ctx) => {
    const { template } = await accessTemplate(ctx, input.templateId, "template.manage");
    requireSeen(template, input.version);
    const { name, description } = input;
    return record(ctx, templateUpdated, template, await save(ctx, Template, template, { name, description }));
  });

const deleteStatement = statement("template.delete", "delete from projects.templates where id = $1");

/** @throws AppError `not-found` | `access.denied` */
export const deleteTemplate = (ctx: Ctx, input: z.output<typeof templateInput>): Promise<{ id: string }> =>
  inTransaction(ctx, async (ctx) => {
    const { template } = await accessTemplate(ctx, input.templateId, "template.manage");
    await ctx.sql.query(deleteStatement, [template.id]);
    record(ctx, templateDeleted, template, null);
    return { id: template.id };
  });
