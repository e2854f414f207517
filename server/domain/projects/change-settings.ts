import type { z } from "zod";
import type { ProjectSettings } from "../../../db/entities/projects.ts";
import type { Ctx } from "../../context.ts";
import { invalid, ruleBroken } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { statusesOf } from "./project.lists.ts";
import { changedSettings, type settingsInput } from "./project.settings.ts";
import type { ProjectView } from "./project.view.ts";

const activeStatement = statement(
  "sprint.active",
  "select id from projects.sprints where project_id = $1 and state = 'active'",
);
const aloneStatement = statement(
  "sprint.alone-again",
  "update projects.sprints set is_alone = true where project_id = $1 and state = 'active'",
);

/**
 * The settings that a locked project shall have. What there is already must fit them.
 *
 * @throws AppError `validation.failed` (status of elsewhere) | `rule.broken` (several sprints are active)
 */
export async function wantedSettings(
  ctx: Ctx,
  project: ProjectView,
  given: z.output<typeof settingsInput>,
): Promise<ProjectSettings> {
  const wanted = changedSettings(project.settings, given);
  const { statusId } = wanted.defaults;
  if (statusId && statusId !== project.settings.defaults.statusId) {
    const statuses = await statusesOf(ctx, project.id);
    if (!statuses.some((status) => status.id === statusId))
      throw invalid("settings.defaults.statusId", "The status must be one of the project.");
  }
  if (project.settings.severalActiveSprints && !wanted.severalActiveSprints) {
    if ((await ctx.sql.query(activeStatement, [project.id])).length > 1)
      throw ruleBroken("sprint.active", "Several sprints of this project are active.");
    await ctx.sql.query(aloneStatement, [project.id]);
  }
  return wanted;
}
