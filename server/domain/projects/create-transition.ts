import { z } from "zod";
import { Transition } from "../../../db/entities/projects.ts";
import type { Ctx } from "../../context.ts";
import { invalid } from "../../errors.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { id } from "../fields.ts";
import { insert } from "../save.ts";
import { accessWholeProject } from "./project.access.ts";
import { statusesOf } from "./project.lists.ts";
import { fields } from "./workflow.access.ts";
import { transitionCreated } from "./workflow.events.ts";
import { allowedMovers, requirableFields, type TransitionView } from "./workflow.view.ts";

export const transitionRules = {
  allowed: z
    .array(z.enum(allowedMovers))
    .max(4)
    .describe("roles in the project, or what one is to the task; any of them does; empty: whoever may move tasks"),
  required: z.array(z.enum(requirableFields)).max(20).describe("must have a value"),
  requiredFieldIds: z.array(id).max(50).describe("custom fields that must have a value"),
};

export const createTransitionInput = z.object({
  projectId: id,
  fromStatusId: id.nullable().describe("null: from any status, and for new tasks"),
  toStatusId: id,
  allowed: transitionRules.allowed.default([]),
  required: transitionRules.required.default([]),
  requiredFieldIds: transitionRules.requiredFieldIds.default([]),
});

/**
 * Says that tasks may go from one status to another, who may let them, and what they must have. Heeded where the
 * project's `workflow` is not `free`.
 *
 * @throws AppError `not-found` | `access.denied` | `validation.failed` (statuses or fields of elsewhere, to itself)
 *   | `rule.broken` (archived) | `conflict` (there is one between these statuses)
 */
export const createTransition = (ctx: Ctx, input: z.output<typeof createTransitionInput>): Promise<TransitionView> =>
  inTransaction(ctx, async (ctx) => {
    const { project } = await accessWholeProject(ctx, input.projectId, "workflow.manage");
    const { fromStatusId, toStatusId } = input;
    const statusIds = (await statusesOf(ctx, project.id)).map((status) => status.id);
    if (fromStatusId && !statusIds.includes(fromStatusId))
      throw invalid("fromStatusId", "The status must be one of the project.");
    if (!statusIds.includes(toStatusId) || toStatusId === fromStatusId)
      throw invalid("toStatusId", "The status must be another one of the project.");
    const rules = await knownRules(ctx, project.id, input);
    const row = { organizationId: project.organizationId, projectId: project.id, fromStatusId, toStatusId, ...rules };
    return record(ctx, transitionCreated, null, await insert<Transition, TransitionView>(ctx, Transition, row));
  });

type Rules = Pick<TransitionView, "allowed" | "required" | "requiredFieldIds">;

/**
 * Each rule once. The project must be locked, so that fields do not go meanwhile.
 *
 * @throws AppError `validation.failed`
 */
export async function knownRules(
  ctx: Ctx,
  projectId: string,
  { allowed, required, requiredFieldIds }: Rules,
): Promise<Rules> {
  if (requiredFieldIds.length > 0) {
    const known = new Set((await fields.all(ctx, projectId)).map((field) => field.id));
    if (!requiredFieldIds.every((fieldId) => known.has(fieldId)))
      throw invalid("requiredFieldIds", "Only fields of the project can be asked for.");
  }
  return {
    allowed: [...new Set(allowed)].sort(),
    required: [...new Set(required)].sort(),
    requiredFieldIds: [...new Set(requiredFieldIds)].sort(),
  };
}
