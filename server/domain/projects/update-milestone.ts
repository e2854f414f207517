import { z } from "zod";
import { Milestone } from "../../../db/entities/projects.ts";
import type { Ctx } from "../../context.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { id, seenVersion } from "../fields.ts";
import { requireSeen, save } from "../save.ts";
import { milestoneFields } from "./create-milestone.ts";
import { milestones } from "./workflow.access.ts";
import { milestoneReached, milestoneReopened, milestoneUpdated } from "./workflow.events.ts";
import type { MilestoneView } from "./workflow.view.ts";

export const updateMilestoneInput = z
  .object(milestoneFields)
  .partial()
  .extend({ milestoneId: id, reached: z.boolean().optional(), version: seenVersion });

/**
 * Changes the fields that are given, and whether it is reached.
 *
 * @throws AppError `not-found` | `access.denied` | `stale` | `rule.broken` (archived)
 *   | `conflict` (the project has a milestone of this name)
 */
export const updateMilestone = (ctx: Ctx, input: z.output<typeof updateMilestoneInput>): Promise<MilestoneView> =>
  inTransaction(ctx, async (ctx) => {
    const milestone = await milestones.access(ctx, input.milestoneId, "milestone.manage");
    requireSeen(milestone, input.version);
    const { name, description, dueOn, reached = milestone.reachedAt !== null } = input;
    const reachedAt = reached ? (milestone.reachedAt ?? ctx.now.toISOString()) : null;
    const updated = await save(ctx, Milestone, milestone, { name, description, dueOn, reachedAt });
    const turned = (milestone.reachedAt === null) !== (reachedAt === null);
    const fact = !turned ? milestoneUpdated : reachedAt ? milestoneReached : milestoneReopened;
    return record(ctx, fact, milestone, updated);
  });
