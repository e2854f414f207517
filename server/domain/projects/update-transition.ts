import { z } from "zod";
import { Transition } from "../../../db/entities/projects.ts";
import type { Ctx } from "../../context.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { id, seenVersion } from "../fields.ts";
import { requireSeen, save } from "../save.ts";
import { knownRules, transitionRules } from "./create-transition.ts";
import { transitions } from "./workflow.access.ts";
import { transitionUpdated } from "./workflow.events.ts";
import type { TransitionView } from "./workflow.view.ts";

export const updateTransitionInput = z
  .object(transitionRules)
  .partial()
  .extend({ transitionId: id, version: seenVersion });

/**
 * Changes what a transition asks for, as far as given.
 *
 * @throws AppError `not-found` | `access.denied` | `stale` | `validation.failed` (fields of elsewhere)
 *   | `rule.broken` (archived)
 */
export const updateTransition = (ctx: Ctx, input: z.output<typeof updateTransitionInput>): Promise<TransitionView> =>
  inTransaction(ctx, async (ctx) => {
    const transition = await transitions.access(ctx, input.transitionId, "workflow.manage");
    requireSeen(transition, input.version);
    const { allowed, required, requiredFieldIds } = transition;
    const before = { allowed, required, requiredFieldIds };
    const { transitionId: _, version: __, ...given } = input;
    const wanted = await knownRules(ctx, transition.projectId, { ...before, ...given } as typeof before);
    const changed = Object.entries(wanted).filter(([rule, now]) => `${before[rule as "allowed"]}` !== `${now}`);
    const updated = await save(ctx, Transition, transition, Object.fromEntries(changed));
    return record(ctx, transitionUpdated, transition, updated);
  });
