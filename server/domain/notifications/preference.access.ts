import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { notFound } from "../../errors.ts";
import { id } from "../fields.ts";
import { accessOrganization } from "../organizations/organization.access.ts";
import { accessProject } from "../projects/project.access.ts";
import { shareOrganization } from "./notification.locks.ts";

/** Where a wish applies: a project, else an organization, else everywhere. */
export const scopeFields = {
  organizationId: id.optional().describe("only in this organization"),
  projectId: id.optional().describe("only in this project"),
};
export interface Scope {
  readonly organizationId: string;
  readonly projectId: string | null;
}

/**
 * The door to wishes about an organization or a project: whoever may read it. Inside a transaction nobody takes that from
 * them meanwhile.
 *
 * @returns null for wishes that apply everywhere
 * @throws AppError `not-found`
 */
export async function accessScope(
  ctx: Ctx,
  { organizationId, projectId }: { organizationId?: string | undefined; projectId?: string | undefined },
): Promise<Scope | null> {
  if (projectId) {
    const project = await accessProject(ctx, projectId, "project.read");
    if (organizationId && organizationId !== project.organizationId) throw notFound("project", projectId);
    if (ctx.transaction) {
      await Promise.all([
        shareOrganization(ctx, project.organizationId),
        accessProject(ctx, projectId, "project.read"), // who lost sight of it meanwhile
      ]);
    }
    return { organizationId: project.organizationId, projectId };
  }
  if (!organizationId) return null;
  await accessOrganization(ctx, organizationId, "organization.read");
  return { organizationId, projectId: null };
}

export const scopeInput = z.strictObject(scopeFields);
