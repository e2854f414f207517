import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { id } from "../fields.ts";
import { transitions } from "./workflow.access.ts";
import { transitionDeleted } from "./workflow.events.ts";

export const transitionInput = z.object({ transitionId: id });

/** @throws AppError `not-found` | `access.denied` | `rule.broken` (archived) */
export const deleteTransition = (ctx: Ctx, input: z.output<typeof transitionInput>): Promise<{ id: string }> =>
  inTransaction(ctx, async (ctx) => {
    const transition = await transitions.access(ctx, input.transitionId, "workflow.manage");
    await transitions.delete(ctx, transition.id);
    record(ctx, transitionDeleted, transition, null);
    return { id: transition.id };
  });
