import type { z } from "zod";
import type { Ctx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { projectDeletion } from "../consequences.ts";
import { accessWholeProject, projectRoleSql } from "./project.access.ts";
import { projectAccessEnded, projectDeleted } from "./project.events.ts";
import type { projectInput } from "./project.lists.ts";
import type { ProjectView } from "./project.view.ts";
import { accessGiven } from "./project-access.changes.ts";

/**
 * Deletes a project with everything in it, for good.
 *
 * @throws AppError `not-found` | `access.denied`
 */
export const deleteProject = (ctx: Ctx, input: z.output<typeof projectInput>): Promise<{ id: string }> =>
  inTransaction(ctx, async (ctx) => {
    const { project } = await accessWholeProject(ctx, input.projectId, "project.delete", { inOrganization: true });
    await eraseProject(ctx, project);
    return { id: project.id };
  });

/** Whoever adds to the project meanwhile waits here, and then finds it gone. */
const lockStatement = statement("project.lock-whole", "select from projects.projects where id = $1 for update");
const readersStatement = statement(
  "project.readers",
  `select m.user_id as "userId" from projects.projects p join organizations.members m on m.organization_id = p.organization_id
  where p.id = $1 and ${projectRoleSql("p", "m.user_id")} > 0`,
);
const deleteStatement = statement("project.delete", "delete from projects.projects where id = $1");

/** Removes a project that a door was passed to. Its organization must be locked. */
export async function eraseProject(ctx: Ctx, project: ProjectView): Promise<void> {
  const { id: projectId, organizationId } = project;
  await ctx.sql.query(lockStatement, [projectId]);
  await projectDeletion.around(ctx, { projectId }, async () => {
    const [given, readers] = await Promise.all([
      accessGiven(ctx, { organizationId, projectId }),
      ctx.sql.query<{ userId: string }>(readersStatement, [projectId]),
      ctx.sql.query(deleteStatement, [projectId]),
    ]);
    for (const access of given) record(ctx, projectAccessEnded, access, null);
    const revokes = readers.map(({ userId }) => userId);
    const channels = [`project:${projectId}`, `project-time:${projectId}`] as const; // both end with it
    record(ctx, projectDeleted, project, null, { revokes, channels });
    if (project.visibility === "organization") {
      record(ctx, projectDeleted, project, null, { channels: [`organization:${organizationId}`] });
    }
  });
}
