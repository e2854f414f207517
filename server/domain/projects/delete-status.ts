import { z } from "zod";
import { Project } from "../../../db/entities/projects.ts";
import type { Ctx } from "../../context.ts";
import { databaseFault, notFound, ruleBroken } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { statusDeletion } from "../consequences.ts";
import { id } from "../fields.ts";
import { save } from "../save.ts";
import { accessStatus, accessWholeProject } from "./project.access.ts";
import { projectUpdated, statusDeleted } from "./project.events.ts";
import { statusesOf } from "./project.lists.ts";
import type { StatusView } from "./project.view.ts";
import { transitions } from "./workflow.access.ts";
import { transitionDeleted } from "./workflow.events.ts";

export const deleteStatusInput = z.object({
  statusId: id,
  moveTasksToStatusId: id.optional().describe("the status that its tasks go to"),
});

/** Whoever moves a task in meanwhile waits here, and then finds it gone. */
const lockStatement = statement("status.lock-whole", "select from projects.statuses where id = $1 for update");
const deleteStatement = statement("status.delete", "delete from projects.statuses where id = $1");

/**
 * Takes a status off the board; its tasks, those in the trash too, go to another one, whatever transitions ask for.
 * Transitions from it and to it go with it.
 *
 * @throws AppError `not-found` (status, or the one to go to) | `access.denied`
 *   | `rule.broken` (archived, the last status, it has tasks and `moveTasksToStatusId` is absent, or that one is full)
 */
export const deleteStatus = (ctx: Ctx, input: z.output<typeof deleteStatusInput>): Promise<{ id: string }> =>
  inTransaction(ctx, async (ctx) => {
    const status = await accessStatus(ctx, input.statusId, "status.manage");
    const others = (await statusesOf(ctx, status.projectId)).filter(({ id }) => id !== status.id);
    if (others.length === 0) throw ruleBroken("status.last", "A project keeps at least one status.");
    const moveTasksTo = others.find(({ id }) => id === input.moveTasksToStatusId) ?? null;
    if (input.moveTasksToStatusId && !moveTasksTo) throw notFound("status", input.moveTasksToStatusId);

    await ctx.sql.query(lockStatement, [status.id]);
    await leaveWorkflow(ctx, status);
    return statusDeletion.around(ctx, { status, moveTasksTo }, async () => {
      await ctx.sql.query(deleteStatement, [status.id]).catch((error: unknown) => {
        if (databaseFault(error).code !== "23503") throw error;
        throw ruleBroken(
          "status.has-tasks",
          "There are tasks in this status; say with `moveTasksToStatusId` where they go.",
        );
      });
      record(ctx, statusDeleted, status, null);
      return { id: status.id };
    });
  });

/** Its transitions are deleted with the row. */
async function leaveWorkflow(ctx: Ctx, status: StatusView): Promise<void> {
  for (const transition of await transitions.all(ctx, status.projectId)) {
    if (transition.fromStatusId === status.id || transition.toStatusId === status.id)
      record(ctx, transitionDeleted, transition, null);
  }
  const { project } = await accessWholeProject(ctx, status.projectId, "status.manage");
  if (project.settings.defaults.statusId !== status.id) return;
  const settings = { ...project.settings, defaults: { ...project.settings.defaults, statusId: null } };
  record(ctx, projectUpdated, project, await save(ctx, Project, project, { settings }));
}
