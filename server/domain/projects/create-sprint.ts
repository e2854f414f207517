import { z } from "zod";
import { Sprint } from "../../../db/entities/projects.ts";
import type { Ctx } from "../../context.ts";
import { ruleBroken } from "../../errors.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { day, id, name, text } from "../fields.ts";
import { insert } from "../save.ts";
import { accessWholeProject } from "./project.access.ts";
import { requireFeature } from "./project.settings.ts";
import { sprintCreated } from "./workflow.events.ts";
import type { SprintView } from "./workflow.view.ts";

export const sprintFields = { name: name(100), goal: text(5_000), startsOn: day, endsOn: day };

export const createSprintInput = z.object({
  projectId: id,
  ...sprintFields,
  goal: sprintFields.goal.default(""),
});

/**
 * Plans a sprint.
 *
 * @throws AppError `not-found` | `access.denied` | `rule.broken` (ends before it starts, sprints are switched off,
 *   archived) | `conflict` (the project has a sprint of this name)
 */
export const createSprint = (ctx: Ctx, input: z.output<typeof createSprintInput>): Promise<SprintView> =>
  inTransaction(ctx, async (ctx) => {
    const { project } = await accessWholeProject(ctx, input.projectId, "sprint.manage");
    requireFeature(project, "sprints");
    requireSpan(input);
    const { name, goal, startsOn, endsOn } = input;
    const sprint = await insert<Sprint, SprintView>(ctx, Sprint, {
      ...{ organizationId: project.organizationId, projectId: project.id, name, goal, startsOn, endsOn },
      ...{ state: "planned", startedAt: null, closedAt: null, isAlone: true },
    });
    return record(ctx, sprintCreated, null, sprint);
  });

/** @throws AppError `rule.broken` */
export function requireSpan({ startsOn, endsOn }: Pick<SprintView, "startsOn" | "endsOn">): void {
  if (startsOn > endsOn) throw ruleBroken("sprint.span", "A sprint cannot end before it starts.");
}
