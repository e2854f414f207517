import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { sprintEnd } from "../consequences.ts";
import { id } from "../fields.ts";
import { sprints } from "./workflow.access.ts";
import { sprintDeleted } from "./workflow.events.ts";

export const sprintInput = z.object({ sprintId: id });

/**
 * Deletes a sprint, whatever its state; its tasks are in none then.
 *
 * @throws AppError `not-found` | `access.denied` | `rule.broken` (archived)
 */
export const deleteSprint = (ctx: Ctx, input: z.output<typeof sprintInput>): Promise<{ id: string }> =>
  inTransaction(ctx, async (ctx) => {
    const sprint = await sprints.access(ctx, input.sprintId, "sprint.manage");
    await sprints.lock(ctx, [sprint.id]);
    return sprintEnd.around(ctx, { sprintId: sprint.id, toSprintId: null, all: true }, async () => {
      await sprints.delete(ctx, sprint.id);
      record(ctx, sprintDeleted, sprint, null);
      return { id: sprint.id };
    });
  });
