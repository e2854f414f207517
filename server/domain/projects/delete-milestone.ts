import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { milestoneDeletion } from "../consequences.ts";
import { id } from "../fields.ts";
import { milestones } from "./workflow.access.ts";
import { milestoneDeleted } from "./workflow.events.ts";

export const milestoneInput = z.object({ milestoneId: id });

/**
 * Deletes a milestone, also from every task that leads to it.
 *
 * @throws AppError `not-found` | `access.denied` | `rule.broken` (archived)
 */
export const deleteMilestone = (ctx: Ctx, input: z.output<typeof milestoneInput>): Promise<{ id: string }> =>
  inTransaction(ctx, async (ctx) => {
    const milestone = await milestones.access(ctx, input.milestoneId, "milestone.manage");
    await milestones.lock(ctx, [milestone.id]);
    return milestoneDeletion.around(ctx, { milestoneId: milestone.id }, async () => {
      await milestones.delete(ctx, milestone.id);
      record(ctx, milestoneDeleted, milestone, null);
      return { id: milestone.id };
    });
  });
