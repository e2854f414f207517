import type { z } from "zod";
import { Project } from "../../../db/entities/projects.ts";
import type { Ctx } from "../../context.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { save } from "../save.ts";
import { accessWholeProject } from "./project.access.ts";
import { projectArchived } from "./project.events.ts";
import type { projectInput } from "./project.lists.ts";
import type { ProjectView } from "./project.view.ts";

/**
 * Puts a project aside: it can be read, and nothing in it can be changed. One that is archived stays as it is.
 *
 * @throws AppError `not-found` | `access.denied`
 */
export const archiveProject = (ctx: Ctx, input: z.output<typeof projectInput>): Promise<ProjectView> =>
  inTransaction(ctx, async (ctx) => {
    const { project } = await accessWholeProject(ctx, input.projectId, "project.archive");
    const archivedAt = project.archivedAt ?? ctx.now.toISOString();
    return record(ctx, projectArchived, project, await save(ctx, Project, project, { archivedAt }));
  });
