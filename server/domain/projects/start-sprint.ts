import { z } from "zod";
import { Sprint } from "../../../db/entities/projects.ts";
import type { Ctx } from "../../context.ts";
import { ruleBroken } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { id, seenVersion } from "../fields.ts";
import { requireSeen, save } from "../save.ts";
import { requireOpen } from "./update-sprint.ts";
import { sprints } from "./workflow.access.ts";
import { sprintStarted } from "./workflow.events.ts";
import type { SprintView } from "./workflow.view.ts";

export const startSprintInput = z.object({ sprintId: id, version: seenVersion });

const besideStatement = statement(
  "sprint.beside",
  `select (p.settings ->> 'severalActiveSprints')::boolean as several,
    (select sp.id from projects.sprints sp where sp.project_id = p.id and sp.state = 'active' limit 1) as "activeId"
  from projects.projects p where p.id = $1`,
);
/** The index that allows one active sprint asks this column, which no view shows. */
const aloneStatement = statement("sprint.alone", "update projects.sprints set is_alone = $2 where id = $1");

/**
 * Begins a planned sprint. One that is active stays as it is.
 *
 * @throws AppError `not-found` | `access.denied` | `stale` | `rule.broken` (another one is active and the project's
 *   settings do not allow several, closed, archived)
 */
export const startSprint = (ctx: Ctx, input: z.output<typeof startSprintInput>): Promise<SprintView> =>
  inTransaction(ctx, async (ctx) => {
    const sprint = await sprints.access(ctx, input.sprintId, "sprint.manage");
    if (sprint.state === "active") return sprint;
    requireSeen(sprint, input.version);
    requireOpen(sprint);
    const [beside] = await ctx.sql.query<{ several: boolean; activeId: string | null }>(besideStatement, [
      sprint.projectId,
    ]);
    if (beside?.activeId && !beside.several)
      throw ruleBroken("sprint.active", "Another sprint of this project is active.", { sprintId: beside.activeId });
    await ctx.sql.query(aloneStatement, [sprint.id, !beside?.several]);
    const started = await save(ctx, Sprint, sprint, { state: "active", startedAt: ctx.now.toISOString() });
    return record(ctx, sprintStarted, sprint, started);
  });
