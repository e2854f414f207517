import { z } from "zod";
import { Sprint } from "../../../db/entities/projects.ts";
import type { Ctx } from "../../context.ts";
import { invalid, notFound, ruleBroken } from "../../errors.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { sprintEnd } from "../consequences.ts";
import { id, seenVersion } from "../fields.ts";
import { requireSeen, save } from "../save.ts";
import { requireOpen } from "./update-sprint.ts";
import { sprints } from "./workflow.access.ts";
import { sprintClosed } from "./workflow.events.ts";
import type { SprintView } from "./workflow.view.ts";

export const closeSprintInput = z.object({
  sprintId: id,
  handOverToSprintId: id.nullable().describe("the sprint that unfinished tasks go to; null: to none"),
  version: seenVersion,
});

/**
 * Ends an active sprint. Its tasks that are not completed go to another sprint or to none, in the same transaction;
 * each tells so. One that is closed stays as it is.
 *
 * @throws AppError `not-found` (sprint, or the one to hand over to) | `access.denied` | `stale`
 *   | `validation.failed` (to itself) | `rule.broken` (not started yet, the other one is closed, archived)
 */
export const closeSprint = (ctx: Ctx, input: z.output<typeof closeSprintInput>): Promise<SprintView> =>
  inTransaction(ctx, async (ctx) => {
    const { handOverToSprintId: toSprintId } = input;
    const sprint = await sprints.access(ctx, input.sprintId, "sprint.manage");
    if (toSprintId === sprint.id) throw invalid("handOverToSprintId", "A sprint cannot hand over to itself.");
    if (sprint.state === "closed") return sprint;
    requireSeen(sprint, input.version);
    if (sprint.state === "planned")
      throw ruleBroken("sprint.planned", "This sprint has not been started.", { sprintId: sprint.id });
    const others = toSprintId ? await sprints.all(ctx, sprint.projectId) : [];
    const next = others.find(({ id }) => id === toSprintId);
    if (toSprintId && !next) throw notFound("sprint", toSprintId);
    if (next) requireOpen(next);

    await sprints.lock(ctx, toSprintId ? [sprint.id, toSprintId] : [sprint.id]);
    return sprintEnd.around(ctx, { sprintId: sprint.id, toSprintId, all: false }, async () => {
      const closed = await save(ctx, Sprint, sprint, { state: "closed", closedAt: ctx.now.toISOString() });
      return record(ctx, sprintClosed, sprint, closed);
    });
  });
