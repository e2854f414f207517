import { z } from "zod";
import { Project } from "../../../db/entities/projects.ts";
import type { Ctx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { accessChange, keyChange } from "../consequences.ts";
import { id, name, seenVersion, text } from "../fields.ts";
import { requireSeen, save } from "../save.ts";
import { wantedSettings } from "./change-settings.ts";
import { accessWholeProject, projectRoleSql } from "./project.access.ts";
import { projectClosed, projectOpened, projectUpdated } from "./project.events.ts";
import { projectKey, requireOwnKey } from "./project.key.ts";
import { settingsInput } from "./project.settings.ts";
import { type ProjectView, visibilities } from "./project.view.ts";

export const updateProjectInput = z.object({
  projectId: id,
  name: name(100).optional(),
  key: projectKey.optional().describe("prefix of its tasks' keys; tasks are found by former ones, too"),
  description: text(20_000).optional(),
  visibility: z.enum(visibilities).optional(),
  settings: settingsInput.optional().describe("what is given is changed, the rest stays"),
  version: seenVersion,
});

/**
 * Changes the fields that are given. Made private, the project goes on only for those who were given a role in it, and
 * for the organization's owners and admins. With another key its tasks get theirs, and the former ones stay its own.
 *
 * @throws AppError `not-found` | `access.denied` | `stale` | `validation.failed` (default status of elsewhere)
 *   | `conflict` (another project has or had this key) | `rule.broken` (archived, several sprints are active where only one may)
 */
export const updateProject = (ctx: Ctx, input: z.output<typeof updateProjectInput>): Promise<ProjectView> =>
  inTransaction(ctx, async (ctx) => {
    const people = input.visibility !== undefined;
    const inOrganization = people || input.key !== undefined;
    const { project } = await accessWholeProject(ctx, input.projectId, "project.update", { inOrganization });
    requireSeen(project, input.version);
    const { name, description, visibility, key = project.key } = input;
    const settings = input.settings && (await wantedSettings(ctx, project, input.settings));
    const write = () => save(ctx, Project, project, { name, key, description, visibility, settings });
    if (key !== project.key) await requireOwnKey(ctx, project.organizationId, key, project.id);
    const update = () => (key === project.key ? write() : keyChange.around(ctx, { projectId: project.id, key }, write));
    const scope = { organizationId: project.organizationId, projectId: project.id };
    const updated = people ? await accessChange.around(ctx, scope, update) : await update();

    if (project.visibility === updated.visibility) return record(ctx, projectUpdated, project, updated);
    if (updated.visibility === "organization") {
      record(ctx, projectOpened, null, updated);
      return record(ctx, projectUpdated, project, updated, { channels: [`project:${project.id}`] });
    }
    record(ctx, projectClosed, project, null);
    return record(ctx, projectUpdated, project, updated, { revokes: await membersWithoutRole(ctx, project.id) });
  });

const withoutRoleStatement = statement(
  "project.members-without-role",
  `select m.user_id as "userId" from projects.projects p join organizations.members m on m.organization_id = p.organization_id
  where p.id = $1 and m.role = 'member' and ${projectRoleSql("p", "m.user_id")} = 0`,
);

/** Members of the organization who saw the project only because it was open to all of them. */
async function membersWithoutRole(ctx: Ctx, projectId: string): Promise<string[]> {
  const rows = await ctx.sql.query<{ userId: string }>(withoutRoleStatement, [projectId]);
  return rows.map(({ userId }) => userId);
}
