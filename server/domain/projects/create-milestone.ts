import { z } from "zod";
import { Milestone } from "../../../db/entities/projects.ts";
import type { Ctx } from "../../context.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { day, id, name, text } from "../fields.ts";
import { insert } from "../save.ts";
import { accessWholeProject } from "./project.access.ts";
import { requireFeature } from "./project.settings.ts";
import { milestoneCreated } from "./workflow.events.ts";
import type { MilestoneView } from "./workflow.view.ts";

export const milestoneFields = { name: name(100), description: text(5_000), dueOn: day.nullable() };

export const createMilestoneInput = z.object({
  projectId: id,
  name: milestoneFields.name,
  description: milestoneFields.description.default(""),
  dueOn: milestoneFields.dueOn.default(null),
});

/**
 * @throws AppError `not-found` | `access.denied` | `rule.broken` (milestones are switched off, archived)
 *   | `conflict` (the project has a milestone of this name)
 */
export const createMilestone = (ctx: Ctx, input: z.output<typeof createMilestoneInput>): Promise<MilestoneView> =>
  inTransaction(ctx, async (ctx) => {
    const { project } = await accessWholeProject(ctx, input.projectId, "milestone.manage");
    requireFeature(project, "milestones");
    const { name, description, dueOn } = input;
    const row = { organizationId: project.organizationId, projectId: project.id, name, description, dueOn };
    const milestone = await insert<Milestone, MilestoneView>(ctx, Milestone, { ...row, reachedAt: null });
    return record(ctx, milestoneCreated, null, milestone);
  });
