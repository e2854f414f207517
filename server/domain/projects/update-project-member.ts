import { z } from "zod";
import { ProjectMember } from "../../../db/entities/projects.ts";
import type { Ctx } from "../../context.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { accessChange } from "../consequences.ts";
import { id, seenVersion } from "../fields.ts";
import { projectRoles } from "../permissions.ts";
import { requireSeen, save } from "../save.ts";
import { accessProjectMember } from "./project.access.ts";
import { projectMemberRoleChanged } from "./project.events.ts";
import type { ProjectMemberView } from "./project.view.ts";
import { peopleOf } from "./project-access.changes.ts";

export const updateProjectMemberInput = z.object({
  projectMemberId: id,
  role: z.enum(projectRoles),
  version: seenVersion,
});

/**
 * Gives a person or a team another role in a project.
 *
 * @throws AppError `not-found` | `access.denied` | `stale`
 */
export const updateProjectMember = (
  ctx: Ctx,
  input: z.output<typeof updateProjectMemberInput>,
): Promise<ProjectMemberView> =>
  inTransaction(ctx, async (ctx) => {
    const member = await accessProjectMember(ctx, input.projectMemberId, "project.manage-members");
    requireSeen(member, input.version);
    const { organizationId, projectId } = member;
    const scope = { organizationId, projectId, userIds: await peopleOf(ctx, member) };
    const updated = await accessChange.around(ctx, scope, () => save(ctx, ProjectMember, member, { role: input.role }));
    return record(ctx, projectMemberRoleChanged, member, updated);
  });
