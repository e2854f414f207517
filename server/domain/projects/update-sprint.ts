import { z } from "zod";
import { Sprint } from "../../../db/entities/projects.ts";
import type { Ctx } from "../../context.ts";
import { ruleBroken } from "../../errors.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { id, seenVersion } from "../fields.ts";
import { requireSeen, save } from "../save.ts";
import { requireSpan, sprintFields } from "./create-sprint.ts";
import { sprints } from "./workflow.access.ts";
import { sprintUpdated } from "./workflow.events.ts";
import type { SprintView } from "./workflow.view.ts";

export const updateSprintInput = z.object(sprintFields).partial().extend({ sprintId: id, version: seenVersion });

/**
 * Changes the fields that are given. A closed sprint stays as it was.
 *
 * @throws AppError `not-found` | `access.denied` | `stale` | `rule.broken` (closed, ends before it starts, archived)
 *   | `conflict` (the project has a sprint of this name)
 */
export const updateSprint = (ctx: Ctx, input: z.output<typeof updateSprintInput>): Promise<SprintView> =>
  inTransaction(ctx, async (ctx) => {
    const sprint = await sprints.access(ctx, input.sprintId, "sprint.manage");
    requireSeen(sprint, input.version);
    requireOpen(sprint);
    const { name, goal, startsOn = sprint.startsOn, endsOn = sprint.endsOn } = input;
    requireSpan({ startsOn, endsOn });
    const updated = await save(ctx, Sprint, sprint, { name, goal, startsOn, endsOn });
    return record(ctx, sprintUpdated, sprint, updated);
  });

/** @throws AppError `rule.broken` */
export function requireOpen({ id, state }: SprintView): void {
  if (state === "closed") throw ruleBroken("sprint.closed", "This sprint is closed.", { sprintId: id });
}
