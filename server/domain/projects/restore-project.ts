import type { z } from "zod";
import { Project } from "../../../db/entities/projects.ts";
import type { Ctx } from "../../context.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { save } from "../save.ts";
import { accessWholeProject } from "./project.access.ts";
import { projectRestored } from "./project.events.ts";
import type { projectInput } from "./project.lists.ts";
import type { ProjectView } from "./project.view.ts";

/**
 * Takes a project out of the archive. One that is not in it stays as it is.
 *
 * @throws AppError `not-found` | `access.denied`
 */
export const restoreProject = (ctx: Ctx, input: z.output<typeof projectInput>): Promise<ProjectView> =>
  inTransaction(ctx, async (ctx) => {
    const { project } = await accessWholeProject(ctx, input.projectId, "project.archive");
    return record(ctx, projectRestored, project, await save(ctx, Project, project, { archivedAt: null }));
  });
