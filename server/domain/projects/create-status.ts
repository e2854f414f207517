import { z } from "zod";
import { Status } from "../../../db/entities/projects.ts";
import type { Ctx } from "../../context.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { id, name } from "../fields.ts";
import { insert } from "../save.ts";
import { rankBehind } from "./place-status.ts";
import { accessWholeProject } from "./project.access.ts";
import { statusCreated } from "./project.events.ts";
import { statusesOf } from "./project.lists.ts";
import { type StatusView, statusCategories } from "./project.view.ts";

export const statusFields = {
  name: name(60),
  category: z.enum(statusCategories),
  wipLimit: z.int().min(1).max(100_000).nullable().describe("tasks at most; null: any number"),
};

export const createStatusInput = z.object({
  projectId: id,
  ...statusFields,
  wipLimit: statusFields.wipLimit.default(null),
  afterStatusId: id.nullable().optional().describe("the status to stand behind; null: first; absent: last"),
});

/**
 * Adds a status to a project's board.
 *
 * @throws AppError `not-found` (project, or the status to stand behind) | `access.denied` | `rule.broken` (archived)
 *   | `conflict` (the project has a status of this name)
 */
export const createStatus = (ctx: Ctx, input: z.output<typeof createStatusInput>): Promise<StatusView> =>
  inTransaction(ctx, async (ctx) => {
    const { project } = await accessWholeProject(ctx, input.projectId, "status.manage");
    const others = await statusesOf(ctx, project.id);
    const { name, category, wipLimit, afterStatusId = others.at(-1)?.id ?? null } = input;
    const rank = await rankBehind(ctx, others, afterStatusId);
    const { organizationId, id: projectId } = project;
    const row = { organizationId, projectId, name, category, wipLimit, rank };
    return record(ctx, statusCreated, null, await insert<Status, StatusView>(ctx, Status, row));
  });
